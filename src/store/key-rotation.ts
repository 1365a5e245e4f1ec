import type { Db } from 'mongodb';
import type { KeyRing, Sealed } from './encryption.js';
import { countByKey, type Found, SealedValues, sealedFields } from './sealed-fields.js';

export interface Rotated {
  /** Values that were sealed anew. */
  readonly count: number;
  /** Values that are still sealed with another key than the first, by that key's id. */
  readonly left: ReadonlyMap<string, number>;
  /** Where the values stand that do not open, such as `service_instances/3f…/secrets`. */
  readonly unopened: readonly string[];
}

const batch = 200;
/** A broker that goes on writing with an older key would keep this busy for ever. */
const mostPasses = 50;

/**
 * Seals everything anew that is sealed with another key than the ring's first, until there is nothing left. Each value is
 * replaced by itself, and only as it was found: that may be cut off at any moment and run again, twice at once too, while
 * brokers work.
 * @param tell is told of each part of the way
 */
export async function rotateKeys(database: Db, ring: KeyRing, tell: (line: string) => void): Promise<Rotated> {
  const fields = sealedFields.map((field) => new SealedValues(database, field));
  const unopened = new Set<string>();
  let count = 0;
  for (let pass = 0; pass < mostPasses; pass++) {
    for (const values of fields) count += await rotate(values, ring, unopened, tell);
    const left = await Promise.all(fields.map((values) => values.count({ $nin: [ring.current] })));
    if (sum(left) <= unopened.size) break;
  }
  return { count, left: await countByKey(database, [ring.current]), unopened: [...unopened] };
}

async function rotate(
  values: SealedValues,
  ring: KeyRing,
  unopened: Set<string>,
  tell: (line: string) => void | Promise<void>,
): Promise<number> {
  const others = { $nin: [ring.current] };
  const all = await values.count(others);
  let count = 0;
  let resealed: (Found & { readonly resealed: Sealed })[] = [];
  const replace = async () => {
    count += await values.replace(resealed);
    resealed = [];
    await tell(`${values.of.collection}.${values.of.path}: ${count} of ${all}`);
  };
  for await (const found of values.find(others, batch)) {
    try {
      resealed.push({ ...found, resealed: ring.reseal(found.sealed, found.place) });
    } catch {
      unopened.add(found.place);
    }
    if (resealed.length === batch) await replace();
  }
  if (resealed.length > 0) await replace();
  return count;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
