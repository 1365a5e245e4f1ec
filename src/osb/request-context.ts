import type { Request } from 'express';
import type { Caller } from '../brokering/requests.js';
import type { ApiVersion } from './versions.js';

/** What the checks that every request passes found out about it. */
export interface RequestContext {
  readonly platform: string;
  readonly credential: string;
  readonly apiVersion: ApiVersion;
  readonly requestIdentity: string;
  readonly originatingIdentity: NonNullable<Caller['originatingIdentity']>;
}

const contexts = new WeakMap<Request, Partial<RequestContext>>();

export function remember(request: Request, found: Partial<RequestContext>): void {
  contexts.set(request, { ...contexts.get(request), ...found });
}

export function callerOf(request: Request): Caller {
  const { platform } = contexts.get(request) ?? {};
  // No route may be reachable around the checks.
  if (platform === undefined) throw new Error('the request was not authenticated');
  return { platform, ...askerOf(request) };
}

/** Who asks, whatever platform that is. */
export function askerOf(request: Request): Omit<Caller, 'platform'> {
  const { credential, originatingIdentity, requestIdentity } = contexts.get(request) ?? {};
  return {
    ...(credential !== undefined && { credential }),
    ...(originatingIdentity && { originatingIdentity }),
    ...(requestIdentity !== undefined && { requestIdentity }),
  };
}

export function apiVersionOf(request: Request): ApiVersion {
  const { apiVersion } = contexts.get(request) ?? {};
  if (apiVersion === undefined) throw new Error('the API version was not checked');
  return apiVersion;
}
