import type { RequestHandler } from 'express';
import { withRequestLogFields } from '../../observability/request-log.js';
import type { JsonObject } from '../../services/service.js';
import { type RequestContext, remember } from '../request-context.js';
import { whyNotStorable } from '../storable.js';

const requestIdentityHeader = 'X-Broker-API-Request-Identity';

/** OSB › Request Identity: echoed, also on errors, so it comes before anything that may refuse. */
export const requestIdentity: RequestHandler = (request, response, next) => {
  const identity = request.get(requestIdentityHeader);
  if (identity === undefined) return next();
  response.set(requestIdentityHeader, identity);
  remember(request, { requestIdentity: identity });
  withRequestLogFields(response, { requestIdentity: identity }, next);
};

/**
 * OSB › Originating Identity: kept for audit. One that cannot be read is left out rather than refused, since
 * the specification gives no answer for it and a DELETE must always work.
 */
export const originatingIdentity: RequestHandler = (request, _response, next) => {
  const identity = parseOriginatingIdentity(request.get('x-broker-api-originating-identity') ?? '');
  if (identity !== undefined) remember(request, { originatingIdentity: identity });
  next();
};

/** `<platform> <base64 of a JSON object>` */
export function parseOriginatingIdentity(header: string): RequestContext['originatingIdentity'] | undefined {
  const [, platform, encoded] = /^(\S+) +([A-Za-z0-9+/_=-]+)$/.exec(header.trim()) ?? [];
  if (platform === undefined || encoded === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && whyNotStorable(value) === undefined ? { platform, value: value as JsonObject } : undefined;
  } catch {
    return undefined;
  }
}
