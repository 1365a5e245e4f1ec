import type { Db, Document, Filter } from 'mongodb';
import type { KeyRing, Place, Sealed } from './encryption.js';

/** A field of a collection whose values are sealed. */
export interface SealedField {
  readonly collection: string;
  /** Dotted. */
  readonly path: string;
  /** What it is bound to: an update's parameters become the instance's as they are. */
  readonly field: string;
}

/** All that the store keeps sealed, but for the check values of the keys themselves. */
export const sealedFields: readonly SealedField[] = [
  { collection: 'service_instances', path: 'parameters', field: 'parameters' },
  { collection: 'service_instances', path: 'secrets', field: 'secrets' },
  { collection: 'service_instances', path: 'update.parameters', field: 'parameters' },
  { collection: 'service_bindings', path: 'parameters', field: 'parameters' },
  { collection: 'service_bindings', path: 'secrets', field: 'secrets' },
  { collection: 'audit_keys', path: 'key', field: 'key' },
];

interface StoredDocument extends Document {
  readonly _id: string | number;
}

/** A sealed value where it stands. */
export interface Found {
  readonly id: string | number;
  readonly sealed: Sealed;
  readonly place: Place;
}

/** One sealed field of all records of its collection. */
export class SealedValues {
  constructor(
    private readonly database: Db,
    readonly of: SealedField,
  ) {}

  /** Sealed with none of some keys, or with one of them. */
  async count(keys: { readonly $in: readonly string[] } | { readonly $nin: readonly string[] }): Promise<number> {
    return await this.#collection.countDocuments(this.#sealedWith(keys));
  }

  /** Ids of the keys that are in use, but for those of a ring. */
  async keysBesides(ring: readonly string[]): Promise<readonly string[]> {
    const groups = await this.#collection
      .aggregate<{ _id: string }>([{ $match: this.#sealedWith({ $nin: ring }) }, { $group: { _id: `$${this.#key}` } }])
      .toArray();
    return groups.map(({ _id }) => _id);
  }

  async *find(
    keys: { readonly $in: readonly string[] } | { readonly $nin: readonly string[] },
    batchSize: number,
  ): AsyncGenerator<Found> {
    const projection = { [this.of.path]: 1 };
    for await (const document of this.#collection.find(this.#sealedWith(keys), { projection, batchSize })) {
      const sealed = this.of.path.split('.').reduce((value: Document, name) => value[name], document) as Sealed;
      yield { id: document._id, sealed, place: `${this.of.collection}/${document._id}/${this.of.field}` };
    }
  }

  /**
   * Replaces each value by the same one sealed anew, where it has not changed since it was found.
   * @returns how many were replaced
   */
  async replace(values: readonly (Found & { readonly resealed: Sealed })[]): Promise<number> {
    if (values.length === 0) return 0;
    const { path } = this.of;
    const updates = values.map(({ id, sealed, resealed }) => ({
      updateOne: {
        // No two sealings have the same initialization vector.
        filter: { _id: id, [this.#key]: sealed.key, [`${path}.iv`]: sealed.iv, [`${path}.tag`]: sealed.tag },
        update: { $set: { [path]: resealed } },
      },
    }));
    const { matchedCount } = await this.#collection.bulkWrite(updates, { ordered: false });
    return matchedCount;
  }

  get #key(): string {
    return `${this.of.path}.key`;
  }

  get #collection() {
    return this.database.collection<StoredDocument>(this.of.collection);
  }

  /** As the partial index asks for. */
  #sealedWith(keys: Document): Filter<StoredDocument> {
    return { [this.#key]: { $exists: true, ...keys } };
  }
}

/** How many values are sealed with each key that is not among `ids`. */
export async function countByKey(database: Db, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const field of sealedFields) {
    const values = new SealedValues(database, field);
    for (const id of await values.keysBesides(ids)) {
      counts.set(id, (counts.get(id) ?? 0) + (await values.count({ $in: [id] })));
    }
  }
  return counts;
}

/** Whether the ring opens a value. */
export function opens(ring: KeyRing, { sealed, place }: Found): boolean {
  try {
    ring.open(sealed, place);
    return true;
  } catch {
    return false;
  }
}
