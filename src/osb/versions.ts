/** The minor part of a 2.x version. Platforms newer than the newest are answered as if they spoke it. */
export type ApiVersion = 13 | 14 | 15 | 16 | 17;

const oldest = 13;
const newest = 17;

export const spokenVersions = '2.13, 2.14, 2.15, 2.16, 2.17';

/** OSB › API Version Header. `undefined` where it is none that we speak. */
export function parseApiVersion(header: string): ApiVersion | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(header.trim()) ?? [];
  if (major !== '2' || Number(minor) < oldest) return undefined;
  return Math.min(Number(minor), newest) as ApiVersion;
}

/**
 * The version that brought each field of an answer; `a.b` is the field `b` inside of `a`. What is not listed is as old
 * as the oldest that we speak.
 */
const fieldSince = {
  offering: { instances_retrievable: 14, bindings_retrievable: 14, allow_context_updates: 15 },
  plan: { plan_updateable: 15, maximum_polling_duration: 15, maintenance_info: 15, binding_rotatable: 17 },
  instance: { metadata: 16, 'metadata.attributes': 17, maintenance_info: 17 },
  binding: { endpoints: 15, metadata: 16, 'metadata.renew_before': 17 },
  lastOperation: { instance_usable: 16, update_repeatable: 16 },
} as const satisfies Record<string, Record<string, ApiVersion>>;

/** The version that brought each field of a request; of older platforms it is a field that nobody knows, and ignored. */
const requestFieldSince = {
  maintenance_info: 15,
  predecessor_binding_id: 17,
} as const satisfies Record<string, ApiVersion>;

/** The version that brought each behaviour. */
export const behaviourSince = {
  asynchronousBindings: 14,
  retryAfter: 15,
  conditionalCatalog: 16,
} as const satisfies Record<string, ApiVersion>;

export type Answer = keyof typeof fieldSince;

/** The fields that a platform of this version knows. */
export function visible<Fields extends object>(answer: Answer, fields: Fields, version: ApiVersion): Partial<Fields> {
  return withoutNewer(fields, fieldSince[answer], version, '') as Partial<Fields>;
}

function withoutNewer(fields: object, since: Readonly<Record<string, ApiVersion>>, version: ApiVersion, path: string) {
  const told: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const here = path + name;
    if ((since[here] ?? oldest) > version) continue;
    const isGatedInside = Object.keys(since).some((gated) => gated.startsWith(`${here}.`));
    told[name] = isGatedInside && isObject(value) ? withoutNewer(value, since, version, `${here}.`) : value;
  }
  return told;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** What a platform of this version can mean by a body. */
export function knownFields(body: object, version: ApiVersion): object {
  const since: Readonly<Record<string, ApiVersion>> = requestFieldSince;
  return Object.fromEntries(Object.entries(body).filter(([name]) => (since[name] ?? oldest) <= version));
}
