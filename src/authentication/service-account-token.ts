import { z } from 'zod';
import type { ServiceAccount } from './access.js';

const claims = z.object({ sub: z.string(), iss: z.string().optional() });

/** What a token says of itself before anything is proven; nothing where it is no JSON web token. */
export function unprovenClaims(token: string): { readonly sub: string; readonly iss?: string | undefined } | undefined {
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token) ?? [];
  if (payload === undefined) return undefined;
  try {
    return claims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** `system:serviceaccount:<namespace>:<name>`, as Kubernetes calls it as a user and as a token's subject. */
export function serviceAccountOf(user: string): ServiceAccount | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return namespace !== undefined && name !== undefined ? { namespace, name } : undefined;
}
