import { z } from 'zod';
import { FileError } from '../yaml/file-error.js';
import { describe, type Located, parseYaml, plain, positionOf } from '../yaml/located.js';
import { dotted, problems } from '../yaml/problems.js';
import { allRights } from './identity.js';

/* Which credential is whom, with which rights. Fields unknown here are refused as typos. */

const text = z.string().min(1, 'must not be empty');
const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Keys that come over a connection that anybody on the way can change prove nothing. */
export function isSafeUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && loopback.has(hostname));
}

/** A claim's value, or what a claim that is a list must contain. */
const claim = z.union([z.string(), z.number(), z.boolean()], 'must be a text, a number, true or false');

const oidc = z
  .strictObject({
    issuer: z.string().refine(isSafeUrl, 'must be an https URL'),
    audience: text,
    scope: z.array(text).min(1, 'must have at least one scope').optional(),
    claims: z.record(text, claim, 'must be a map').optional(),
  })
  .refine(({ scope, claims }) => scope !== undefined || Object.keys(claims ?? {}).length > 0, {
    message: 'must ask for a scope or for claims: every token of this issuer for this audience would do',
  });

const serviceAccount = z.strictObject({ namespace: text, name: text, audience: text });
const certificate = z.strictObject({ commonName: text });

const entry = z.strictObject({
  platform: text,
  rights: z
    .array(z.enum(allRights, `must be one of ${allRights.join(', ')}`))
    .min(1, `must have at least one of ${allRights.join(', ')}`),
  basic: z.array(text).optional(),
  oidc: z.array(oidc).optional(),
  serviceAccounts: z.array(serviceAccount).optional(),
  certificates: z.array(certificate).optional(),
});

const accessFile = z.strictObject({ access: z.array(entry) });

export type AccessEntry = z.infer<typeof entry>;
export type OidcRule = z.infer<typeof oidc>;

/**
 * Reads an access file.
 * @param file its name, for messages
 * @throws FileError
 */
export function readAccessFile(text: string, file: string): readonly AccessEntry[] {
  const located = parseYaml(text, file);
  const parsed = accessFile.safeParse(plain(located), { reportInput: true });
  if (!parsed.success) throw new FileError(problems(parsed.error.issues, located, ''));
  const repeated = repetitions(parsed.data.access, located);
  if (repeated.length > 0) throw new FileError(repeated);
  return parsed.data.access;
}

/** A credential that is listed twice could be two platforms. Of rules for tokens, the first that fits counts. */
function repetitions(entries: readonly AccessEntry[], located: Located): string[] {
  const listed = entries.flatMap((entry, e) => [
    ...(entry.basic ?? []).map((user, i) => ({ what: `basic ${user}`, path: ['access', e, 'basic', i] })),
    ...(entry.serviceAccounts ?? []).map(({ namespace, name, audience }, i) => ({
      what: `service account ${namespace}/${name} for ${audience}`,
      path: ['access', e, 'serviceAccounts', i],
    })),
    ...(entry.certificates ?? []).map(({ commonName }, i) => ({
      what: `certificate ${commonName}`,
      path: ['access', e, 'certificates', i],
    })),
  ]);
  const first = new Map<string, readonly PropertyKey[]>();
  return listed.flatMap(({ what, path }) => {
    const earlier = first.get(what);
    if (earlier) return [describe(positionOf(located, path), `${dotted(path)} is ${dotted(earlier)} again`)];
    first.set(what, path);
    return [];
  });
}
