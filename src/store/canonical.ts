import { BSON } from 'mongodb';

/** The same text for every value that the store gives back the same, whatever the order of its fields. */
export function canonical(value: unknown): string {
  return BSON.EJSON.stringify(sorted(value), { relaxed: false });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, child]) => [name, sorted(child)]));
}
