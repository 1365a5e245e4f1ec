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
    await orphans.deleteMany({ _id: { $nin: [...names] } });
    for (const _id of names) {
      await orphans.updateOne({ _id }, [{ $set: { since: { $ifNull: ['$since', '$$NOW'] } } }], { upsert: true });
    }
    const age = { $dateDiff: { startDate: '$since', endDate: '$$NOW', unit: 'millisecond' } };
    const old = await orphans.find({ $expr: { $gte: [age, graceMilliseconds] } }).toArray();
    return new Set(old.map(({ _id }) => _id));
  }
}
