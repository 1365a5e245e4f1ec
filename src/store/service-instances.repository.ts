import type { Document, Filter } from 'mongodb';
import type { JsonObject } from '../services/service.js';
import { sideEffect } from '../side-effects.js';
import type { KeyRing } from './encryption.js';
import { livingAt } from './living.js';
import { follows, OwnedRepository, type Statement } from './owned.repository.js';
import type { OperationRecord, PendingRotation, ServiceInstanceRecord } from './records.js';
import type { Store } from './store.js';

export interface RotatedSecrets {
  readonly secrets: JsonObject;
  readonly nextRotation: NonNullable<ServiceInstanceRecord['nextRotation']>;
}

/** What is told to those who poll. */
export type PolledInstance = Pick<
  ServiceInstanceRecord,
  '_id' | 'platform' | 'instanceId' | 'living' | 'deletedAt' | 'lastOperation'
> & { readonly operation?: OperationRecord };
type SoldIds = Pick<ServiceInstanceRecord, 'serviceId' | 'planId'>;

const idsAtOnce = 1_000;

export class ServiceInstancesRepository extends OwnedRepository<ServiceInstanceRecord> {
  readonly #polls = livingAt('instanceId', (filter) => this.#polled([{ $match: filter }]));

  constructor(store: Store, keys: KeyRing) {
    super(store.instances, keys, 'instanceId');
  }

  /** The living instance, or else the last one that was, with its newest operation: one question, for those who poll. */
  async findNewestOperation(platform: string, instanceId: string): Promise<PolledInstance | undefined> {
    const living = await this.#polls.load({ platform, id: instanceId });
    if (living) return living;
    const [deleted] = await this.#polled([
      { $match: { platform, instanceId } },
      { $sort: { createdAt: -1 } },
      { $limit: 1 },
    ]);
    return deleted;
  }

  /** Likewise, by its internal id. */
  async findOperationOf(id: string): Promise<PolledInstance | undefined> {
    const [polled] = await this.#polled([{ $match: { _id: id } }]);
    return polled;
  }

  async #polled(found: readonly Document[]): Promise<readonly PolledInstance[]> {
    return await this.collection
      .aggregate<PolledInstance>([
        ...found,
        { $lookup: { from: 'operations', localField: 'lastOperation', foreignField: '_id', as: 'operation' } },
        {
          $project: {
            ...{ platform: 1, instanceId: 1, living: 1, deletedAt: 1, lastOperation: 1 },
            operation: { $first: '$operation' },
          },
        },
      ])
      .toArray();
  }

  /** Claims the instance for an operation that was decided on what `seen` showed. */
  claim(
    seen: ServiceInstanceRecord,
    change: Partial<
      Pick<ServiceInstanceRecord, 'phase' | 'lastOperation' | 'planId' | 'plan' | 'context' | 'update' | 'rotation'>
    >,
  ): Statement<ServiceInstanceRecord> {
    return { updateOne: { filter: this.unchangedSince(seen), update: { $set: change, $inc: { revision: 1 } } } };
  }

  /** Nor has a rotation begun or ended. */
  protected override unchangedSince(seen: ServiceInstanceRecord): Filter<ServiceInstanceRecord> {
    const operation = seen.rotation?.operation;
    return { ...super.unchangedSince(seen), 'rotation.operation': operation ?? { $exists: false } };
  }

  /**
   * Claims a place under the instance for an operation of one of its bindings. Bindings of one instance do not exclude
   * each other, but each excludes the instance's deletion: it must be in the phase that was seen.
   */
  touch({ _id, phase }: ServiceInstanceRecord): Statement<ServiceInstanceRecord> {
    return { updateOne: { filter: { _id, living: true, phase }, update: { $inc: { revision: 1 } } } };
  }

  /** The parameters that a running update gives it. */
  pendingParametersOf({ _id, update }: ServiceInstanceRecord): JsonObject | undefined {
    return update && this.open(_id, 'parameters', update.parameters);
  }

  /** Stores what an operation found out of the instance, for as long as no other was accepted for it since. */
  async keepFound(id: string, operation: string, found: JsonObject): Promise<void> {
    const isKept = await sideEffect('keep what was found', () =>
      this.change({ _id: id, living: true, lastOperation: operation }, { $set: { found } }),
    );
    if (!isKept) throw new Error('the operation gave way to another one');
  }

  /** Stores the secrets that a rotation brings about, once. */
  async beginRotation(id: string, operation: string, next: RotatedSecrets): Promise<void> {
    await this.#exchangeSecrets(id, { operation, begun: false }, next, 'begin rotation');
  }

  /** Stores what is left of them when all servers have them. */
  async endRotation(id: string, operation: string, next: RotatedSecrets): Promise<void> {
    await this.#exchangeSecrets(id, { operation, begun: true }, next, 'end rotation');
  }

  async #exchangeSecrets(
    id: string,
    { operation, begun }: Pick<PendingRotation, 'operation' | 'begun'>,
    { secrets, nextRotation }: RotatedSecrets,
    title: string,
  ): Promise<void> {
    const set = { secrets: this.seal(id, 'secrets', secrets), nextRotation, 'rotation.begun': true };
    await sideEffect(title, () =>
      this.change({ _id: id, living: true, 'rotation.operation': operation, 'rotation.begun': begun }, { $set: set }),
    );
  }

  /**
   * Instances in use of whose secrets some are to be rotated by now, those that are due longest first.
   * @param after the last one that was answered before: those that follow it
   */
  async findRotationDue(
    limit: number,
    after?: Pick<ServiceInstanceRecord, '_id' | 'nextRotation'>,
  ): Promise<readonly ServiceInstanceRecord[]> {
    return await this.collection
      .find({
        living: true,
        phase: 'ready',
        'rotation.operation': { $exists: false },
        'nextRotation.at': { $exists: true },
        $expr: { $lte: ['$nextRotation.at', '$$NOW'] },
        ...(after?.nextRotation && follows('nextRotation.at', after.nextRotation.at, after._id)),
      })
      .sort({ 'nextRotation.at': 1, _id: 1 })
      .limit(limit)
      .toArray();
  }

  /** Those of some internal ids that are of living instances. */
  async livingAmong(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const living = new Set<string>();
    // As many ids as there are instances would be too long for one command.
    for (let start = 0; start < ids.length; start += idsAtOnce) {
      const some = ids.slice(start, start + idsAtOnce);
      const found = this.collection.find({ _id: { $in: some }, living: true }, { projection: { _id: 1 } });
      for (const { _id } of await found.toArray()) living.add(_id);
    }
    return living;
  }

  /** Internal ids of those in use: ready, or being updated. */
  async idsInUse(): Promise<readonly string[]> {
    const inUse = await this.collection
      .find({ phase: { $in: ['ready', 'updating'] } }, { projection: { _id: 1 } })
      .toArray();
    return inUse.map(({ _id }) => _id);
  }

  /** Each service and plan that living instances have: from one to the next in the index, however many have it. */
  async plansInUse(): Promise<readonly SoldIds[]> {
    const plans: SoldIds[] = [];
    for (let last = await this.#nextPlan({}); last; ) {
      plans.push(last);
      const { serviceId, planId } = last;
      last =
        (await this.#nextPlan({ serviceId, planId: { $gt: planId } })) ??
        (await this.#nextPlan({ serviceId: { $gt: serviceId } }));
    }
    return plans;
  }

  async #nextPlan(besides: Filter<ServiceInstanceRecord>): Promise<SoldIds | null> {
    const projection = { _id: 0, serviceId: 1, planId: 1 };
    const sort = { serviceId: 1, planId: 1 } as const;
    return await this.collection.findOne<SoldIds>({ ...besides, living: true }, { projection, sort });
  }
}
