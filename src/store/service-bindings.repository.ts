import type { KeyRing } from './encryption.js';
import { follows, OwnedRepository, type Statement } from './owned.repository.js';
import type { Phase, ServiceBindingRecord } from './records.js';
import type { Store } from './store.js';

export class ServiceBindingsRepository extends OwnedRepository<ServiceBindingRecord> {
  constructor(store: Store, keys: KeyRing) {
    super(store.bindings, keys, 'bindingId');
  }

  /** The living binding, or else the last one that was. */
  async findNewest(platform: string, bindingId: string): Promise<ServiceBindingRecord | null> {
    return (
      (await this.findLiving(platform, bindingId)) ??
      (await this.collection.findOne({ platform, bindingId }, { sort: { createdAt: -1 } }))
    );
  }

  /**
   * Bindings that are in use although their time has passed, those that should have ended first.
   * @param after the last one that was answered before: those that follow it
   */
  async findExpired(
    limit: number,
    after?: Pick<ServiceBindingRecord, '_id' | 'expiresAt'>,
  ): Promise<readonly ServiceBindingRecord[]> {
    return await this.collection
      .find({
        living: true,
        phase: 'ready',
        $expr: { $lte: ['$expiresAt', '$$NOW'] },
        expiresAt: { $exists: true },
        ...(after?.expiresAt && follows('expiresAt', after.expiresAt, after._id)),
      })
      .sort({ expiresAt: 1, _id: 1 })
      .limit(limit)
      .toArray();
  }

  /** Claims the binding for an operation that was decided on what `seen` showed. */
  claim(
    seen: ServiceBindingRecord,
    change: { readonly phase: Phase; readonly lastOperation: string },
  ): Statement<ServiceBindingRecord> {
    return { updateOne: { filter: this.unchangedSince(seen), update: { $set: change } } };
  }
}
