import type { Store } from './store.js';

/** Remembers since when the cluster has had what no instance owns: by the store's clock, and across restarts. */
export class OrphansRepository {
  constructor(private readonly store: Store) {}

  /**
   * Notes what is there now, and forgets what no longer is.
   * @returns those that have been there for `graceMilliseconds`
   */
  async note(names: readonly string[], graceMilliseconds: number): Promise<ReadonlySet<string>> {
    const { orphans } = this.store;
    const there = new Set(names);
    const noted = await orphans.find({}, { projection: { _id: 1 } }).toArray();
    const gone = noted.map(({ _id }) => _id).filter((name) => !there.has(name));
    if (gone.length > 0) await orphans.deleteMany({ _id: { $in: gone } });
    if (names.length === 0) return new Set();
    const notes = names.map((_id) => ({
      updateOne: { filter: { _id }, update: [{ $set: { since: { $ifNull: ['$since', '$$NOW'] } } }], upsert: true },
    }));
    await orphans.bulkWrite(notes, { ordered: false });
    const age = { $dateDiff: { startDate: '$since', endDate: '$$NOW', unit: 'millisecond' } };
    const old = await orphans.find({ $expr: { $gte: [age, graceMilliseconds] } }).toArray();
    return new Set(old.map(({ _id }) => _id));
  }
}
