/** Deeper than any parameter schema, and less deep than what the store takes. */
const deepest = 64;

/**
 * Why the store cannot give a value from outside back as it was, in the words of who sent it; `undefined` where it can.
 * A request that is sent again is known by comparing it with what was stored.
 */
export function whyNotStorable(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value) ? 'a text in it is not Unicode' : undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'a number in it is too large';
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === deepest) return `it is nested more than ${deepest} levels deep`;
  for (const [name, child] of Object.entries(value)) {
    if (name.includes('\0')) return 'a field name in it holds a NUL character';
    // By it the store's driver tells its own types.
    if (name === '_bsontype') return 'a field name in it is _bsontype';
    const reason = whyNotStorable(name) ?? whyNotStorable(child, depth + 1);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
