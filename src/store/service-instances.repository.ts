import type { ClientSession } from 'mongodb';
import type { JsonObject } from '../services/service.js';
import type { KeyRing } from './encryption.js';
import { OwnedRepository } from './owned.repository.js';
import type { ServiceInstanceRecord } from './records.js';
import type { Store } from './store.js';

export class ServiceInstancesRepository extends OwnedRepository<ServiceInstanceRecord> {
  constructor(store: Store, keys: KeyRing) {
    super(store.instances, keys);
  }

  async findNewest(platform: string, instanceId: string): Promise<ServiceInstanceRecord | null> {
    return await this.newest({ platform, instanceId });
  }

  /**
   * Claims the instance for an operation that was decided on what `seen` showed.
   * @returns false where it has changed since
   */
  async claim(
    seen: ServiceInstanceRecord,
    change: Partial<Pick<ServiceInstanceRecord, 'phase' | 'lastOperation' | 'planId' | 'plan' | 'context' | 'update'>>,
    session: ClientSession,
  ): Promise<boolean> {
    return await this.change(this.unchangedSince(seen), { $set: change, $inc: { revision: 1 } }, session);
  }

  /**
   * Claims a place under the instance for an operation of one of its bindings. Bindings of one instance do not exclude
   * each other, but each excludes the instance's deletion.
   * @returns false where the instance is no longer in the phase that was seen
   */
  async touch(seen: ServiceInstanceRecord, session: ClientSession): Promise<boolean> {
    return await this.change({ _id: seen._id, living: true, phase: seen.phase }, { $inc: { revision: 1 } }, session);
  }

  /** The parameters that a running update gives it. */
  pendingParametersOf({ _id, update }: ServiceInstanceRecord): JsonObject | undefined {
    return update && this.open(_id, 'parameters', update.parameters);
  }

  /** Those of some internal ids that are of living instances. */
  async livingAmong(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const living = await this.collection
      .find({ _id: { $in: [...ids] }, living: true }, { projection: { _id: 1 } })
      .toArray();
    return new Set(living.map(({ _id }) => _id));
  }

  /** Internal ids of those in use: ready, or being updated. */
  async idsInUse(): Promise<readonly string[]> {
    const inUse = await this.collection
      .find({ living: true, phase: { $in: ['ready', 'updating'] } }, { projection: { _id: 1 } })
      .toArray();
    return inUse.map(({ _id }) => _id);
  }

  /** Each service and plan that living instances have. */
  async plansInUse(): Promise<readonly { readonly serviceId: string; readonly planId: string }[]> {
    const groups = await this.collection
      .aggregate<{ _id: { serviceId: string; planId: string } }>([
        { $match: { living: true } },
        // In the order of the index, which holds all that is asked for.
        { $sort: { serviceId: 1, planId: 1 } },
        { $group: { _id: { serviceId: '$serviceId', planId: '$planId' } } },
      ])
      .toArray();
    return groups.map(({ _id }) => _id);
  }
}
