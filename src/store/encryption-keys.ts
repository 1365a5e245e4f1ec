import type { Db } from 'mongodb';
import { StartError } from '../start-error.js';
import { KeyRing, type Place, type RingKey, type Sealed } from './encryption.js';
import { countByKey, opens, SealedValues, sealedFields } from './sealed-fields.js';

/** A key that brokers on this store were started with. It stays when the key is taken out of the ring. */
interface EncryptionKeyRecord {
  /** Id of the key. */
  readonly _id: string;
  /** Only the same key opens it. */
  readonly check: Sealed;
}

const placeOf = (id: string): Place => `encryption_keys/${id}/check`;
/** One that was damaged by itself says nothing of the key. */
const mostSamples = 5;

/**
 * Makes sure that the ring opens all there is, and that each of its keys is the one that the store knows by its id.
 * @param lost ids of keys that are given up: what they encrypted is never opened again
 * @throws StartError
 */
export async function demandKeys(database: Db, keys: readonly RingKey[], lost: readonly string[] = []): Promise<void> {
  const ids = keys.map(({ id }) => id);
  const wrong = await Promise.all(keys.map(async (key) => ((await isKnownKey(database, key)) ? [] : [wrongLine(key)])));
  const missing = await countByKey(database, [...ids, ...lost]);
  const lines = [...wrong.flat(), ...[...missing].map(([id, count]) => missingLine(ids, id, count))];
  if (lines.length > 0) throw new StartError(lines);
}

/** Whether a broker was ever started with a key of this id. */
export async function isKnown(database: Db, id: string): Promise<boolean> {
  return (await recordsOf(database).countDocuments({ _id: id })) > 0;
}

/** Compares a key with its check value, which is made when the key is new to the store. */
async function isKnownKey(database: Db, key: RingKey): Promise<boolean> {
  const ring = new KeyRing([key]);
  const known = await recordsOf(database).findOne({ _id: key.id });
  if (!known && !(await opensSamples(database, ring))) return false;
  // Another process may make it meanwhile, with other bytes.
  const record =
    known ??
    (await recordsOf(database).findOneAndUpdate(
      { _id: key.id },
      { $setOnInsert: { check: ring.seal({ id: key.id }, placeOf(key.id)) } },
      { upsert: true, returnDocument: 'after' },
    ));
  return record !== null && opens(ring, { id: key.id, sealed: record.check, place: placeOf(key.id) });
}

/** Whether the only key of a ring opens one of the records that name it, where there are any: older than check values. */
async function opensSamples(database: Db, ring: KeyRing): Promise<boolean> {
  let samples = 0;
  for (const field of sealedFields) {
    for await (const found of new SealedValues(database, field).find({ $in: ring.ids }, mostSamples)) {
      if (opens(ring, found)) return true;
      if (++samples === mostSamples) return false;
    }
  }
  return samples === 0;
}

const wrongLine = ({ id }: RingKey) =>
  `HOLDFAST_ENCRYPTION_KEYS holds another key under the id "${id}" than the one that this store knows by it: give it the bytes that it had, or a new key an id of its own`;

const missingLine = (ids: readonly string[], id: string, count: number) =>
  `HOLDFAST_ENCRYPTION_KEYS holds ${ids.map((each) => `"${each}"`).join(', ')}, and lacks the key "${id}", which ${count} values in the store are encrypted with: ` +
  `add it at the end, or name it in HOLDFAST_LOST_ENCRYPTION_KEYS if nothing can bring it back (what it encrypted can then only be deleted)`;

const recordsOf = (database: Db) => database.collection<EncryptionKeyRecord>('encryption_keys');
