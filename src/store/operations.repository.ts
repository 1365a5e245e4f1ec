import { type ClientSession, type Document, type Filter, MongoBulkWriteError } from 'mongodb';
import { tell } from '../observability/events.js';
import { sideEffect } from '../side-effects.js';
import type { AuditEventsRepository } from './audit-events.repository.js';
import { applyEffect } from './effects.js';
import type { OperationRecord, StepRecord } from './records.js';
import { isDuplicateKey, type Store } from './store.js';

/** Another holder took the operation, or it ended: whoever sees this stops at once, and records nothing. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor(
    message: string,
    /** By another, or because it could not be renewed. */
    readonly loss: 'taken' | 'expired' = 'taken',
  ) {
    super(message);
  }
}

/** What a holder of a lease names in each of its writes. */
export interface Holding {
  readonly operation: string;
  readonly epoch: number;
}

/** An operation that is accepted; its times follow from when that is. */
export type NewOperation = Omit<OperationRecord, 'acceptedAt' | 'deadline' | 'wakeAt'> & {
  /** Until its deadline. */
  readonly allowedMilliseconds: number;
};

export type TakeResult =
  | { readonly kind: 'taken'; readonly operation: OperationRecord }
  /** Another operation, or another holder of this one, still holds a lease. */
  | { readonly kind: 'busy' }
  /** Its turn has not come. */
  | { readonly kind: 'queued' }
  | { readonly kind: 'over' };

const later = (milliseconds: number): Document => ({
  $dateAdd: { startDate: '$$NOW', unit: 'millisecond', amount: Math.round(milliseconds) },
});
/** What is queued is woken by its admission. */
const timesOf = <Time>({ state }: Pick<OperationRecord, 'state'>, acceptedAt: Time, deadline: Time) => ({
  acceptedAt,
  wakeAt: state === 'queued' ? deadline : acceptedAt,
  deadline,
});
const deadlinePassed: Document = { $lte: ['$deadline', '$$NOW'] };
interface End {
  readonly state: 'succeeded' | 'failed' | 'superseded';
  readonly description: string;
  readonly steps?: Readonly<Record<string, StepRecord>>;
}

const stepFields = (steps: Readonly<Record<string, StepRecord>>) =>
  Object.fromEntries(Object.entries(steps).map(([key, step]) => [`steps.${key}`, step]));

const leaseEnded: Document = { $lte: ['$lease.until', '$$NOW'] };

type OperationWithHolders = OperationRecord & { readonly holders: readonly Pick<OperationRecord, 'binding'>[] };

/**
 * A holder that was superseded may still have calls under way: what comes after it on the same instance (or on the
 * same binding) waits until its lease has ended.
 */
function isHeldElsewhere({ binding, holders }: OperationWithHolders): boolean {
  return holders.some((holder) => binding === undefined || holder.binding === binding);
}
/** How often one admission looks again where others were faster; the next one goes on. */
const mostLooks = 10;

export class OperationsRepository {
  constructor(
    private readonly store: Store,
    private readonly audit: Pick<AuditEventsRepository, 'recordEnd'>,
  ) {}

  async find(id: string): Promise<OperationRecord | null> {
    return await this.store.operations.findOne({ _id: id });
  }

  /**
   * Adds accepted operations, their times by the store's clock.
   * Throws a duplicate-key error where the subject of one has an active one.
   * @returns when they were accepted
   */
  async insert(operations: readonly NewOperation[], session: ClientSession): Promise<Date> {
    const [first, ...others] = operations;
    if (!first) throw new RangeError('no operation was accepted');
    const { _id, allowedMilliseconds, ...fields } = first;
    const times = timesOf<unknown>(first, '$$NOW', later(allowedMilliseconds));
    const written = await this.store.operations.findOneAndUpdate(
      { _id },
      [{ $replaceWith: { $mergeObjects: [{ $literal: { _id, ...fields } }, times] } }],
      { upsert: true, returnDocument: 'after', projection: { acceptedAt: 1 }, session },
    );
    if (!written) throw new Error('the store did not keep an operation');
    const { acceptedAt } = written;
    if (others.length > 0) {
      const records = others.map(({ allowedMilliseconds, ...operation }) => {
        const deadline = new Date(acceptedAt.getTime() + Math.round(allowedMilliseconds));
        return { ...operation, ...timesOf(operation, acceptedAt, deadline) };
      });
      await this.store.operations.insertMany(records, { session });
    }
    return acceptedAt;
  }

  /** Ends what runs on the instances and on their bindings, in favour of a DELETE. Its holders lose their epoch. */
  async supersedeAll(instances: readonly string[], session: ClientSession): Promise<void> {
    if (instances.length === 0) return;
    const instance = { $in: [...instances] };
    await this.#supersede({ instance, active: true }, session);
    // Nobody carries these on, should the instance's deletion fail: then they can be deleted by themselves.
    await this.store.bindings.updateMany(
      { instance, living: true, phase: { $in: ['creating', 'deleting'] } },
      { $set: { phase: 'failed' } },
      { session },
    );
  }

  /** Ends what runs on the bindings, in favour of a DELETE. */
  async supersede(bindings: readonly string[], session: ClientSession): Promise<void> {
    if (bindings.length > 0) await this.#supersede({ subject: { $in: [...bindings] }, active: true }, session);
  }

  async #supersede(which: Filter<OperationRecord>, session: ClientSession): Promise<void> {
    const active = await this.store.operations.find(which, { session }).toArray();
    for (const { _id } of active) {
      await this.#end({ _id }, { state: 'superseded', description: 'superseded by a delete' }, 'left', session);
    }
  }

  /** Takes the lease of a running operation that nobody holds, and raises its epoch. */
  async take(id: string, owner: string, leaseMilliseconds: number): Promise<TakeResult> {
    const operation = await this.#findWithHolders(id);
    if (!operation?.active) return { kind: 'over' };
    if (operation.state === 'queued') return { kind: 'queued' };
    if (isHeldElsewhere(operation)) return { kind: 'busy' };
    const lease = { owner, until: later(leaseMilliseconds), epoch: { $add: ['$lease.epoch', 1] } };
    const taken = await sideEffect(`take ${operation.kind}`, () =>
      this.store.operations.findOneAndUpdate(
        { _id: id, active: true, $expr: leaseEnded },
        [
          {
            $set: {
              lease,
              // Until its holder says otherwise, the reconciler looks after it once the lease has ended.
              wakeAt: later(leaseMilliseconds),
              startedAt: { $ifNull: ['$startedAt', '$$NOW'] },
            },
          },
        ],
        { returnDocument: 'after' },
      ),
    );
    return taken ? { kind: 'taken', operation: taken } : { kind: 'busy' };
  }

  /** With the operations on the same instance that somebody holds a lease of. */
  async #findWithHolders(id: string): Promise<OperationWithHolders | undefined> {
    const [found] = await this.store.operations
      .aggregate<OperationWithHolders>([
        { $match: { _id: id } },
        {
          $lookup: {
            from: this.store.operations.collectionName,
            localField: 'instance',
            foreignField: 'instance',
            pipeline: [
              { $match: { _id: { $ne: id }, $expr: { $gt: ['$lease.until', '$$NOW'] } } },
              { $project: { binding: 1 } },
            ],
            as: 'holders',
          },
        },
      ])
      .toArray();
    return found;
  }

  async renew(holding: Holding, leaseMilliseconds: number): Promise<void> {
    const until = later(leaseMilliseconds);
    // A renewal that comes after the lease was given back must not revive it.
    await this.#write(holding, [{ $set: { 'lease.until': until, wakeAt: until } }], { 'lease.owner': { $ne: null } });
  }

  /** Steps that are done, and what happens next in the user's words. */
  async recordSteps(holding: Holding, done: Readonly<Record<string, StepRecord>>, progress: string): Promise<void> {
    const steps = stepFields(done);
    await sideEffect(['record', ...Object.keys(done)].join(' '), () =>
      this.#write(holding, { $set: { ...steps, progress, pauses: 0 } }),
    );
  }

  /** Gives the lease back; the operation goes on in `milliseconds`, or when something wakes it. */
  async pause(holding: Holding, pause: { progress: string; pauses: number; milliseconds: number }): Promise<void> {
    const { progress, pauses, milliseconds } = pause;
    // $literal: a text of the cluster's that begins with a dollar sign is no expression.
    const said = { progress: { $literal: progress }, pauses };
    await sideEffect('pause', () =>
      this.#write(holding, [
        { $set: { ...said, 'lease.owner': null, 'lease.until': '$$NOW', wakeAt: later(milliseconds) } },
      ]),
    );
  }

  /** Ends the operation, with the steps that were done last, together with what that means for its instance or binding. */
  async finish(holding: Holding, outcome: End & { readonly state: 'succeeded' | 'failed' }): Promise<void> {
    const end = async (session: ClientSession) => {
      const held = { _id: holding.operation, 'lease.epoch': holding.epoch };
      const operation = await this.#end(held, outcome, 'given back', session);
      await applyEffect(this.store, operation, outcome.state, session);
    };
    await sideEffect(['finish', ...Object.keys(outcome.steps ?? {})].join(' '), () => this.store.transaction(end));
  }

  /**
   * Fails an operation whose deadline has passed, whoever holds it.
   * @param describe tells why, from what the operation was doing
   * @returns it, or nothing where it has ended meanwhile
   */
  async failOverdue(
    id: string,
    describe: (operation: OperationRecord) => string,
  ): Promise<OperationRecord | undefined> {
    const overdue = { _id: id, $expr: deadlinePassed };
    const found = await this.store.operations.findOne({ ...overdue, active: true });
    if (!found) return undefined;
    return await this.store.transaction(async (session) => {
      const operation = await this.#end(overdue, { state: 'failed', description: describe(found) }, 'left', session);
      await applyEffect(this.store, operation, 'failed', session);
      return operation;
    });
  }

  /**
   * @param lease `given back` by its holder; or `left` to end by itself because its holder may have calls under way:
   * then only its epoch is taken away
   */
  async #end(
    which: { readonly _id: string },
    { state, description, steps = {} }: End,
    lease: 'given back' | 'left',
    session: ClientSession,
  ): Promise<OperationRecord> {
    const leaseChange = lease === 'left' ? { epoch: { $add: ['$lease.epoch', 1] } } : { until: '$$NOW' };
    const operation = await this.store.operations.findOneAndUpdate(
      { ...which, active: true },
      [
        {
          $set: {
            ...stepFields(steps),
            state,
            active: false,
            progress: { $literal: description },
            lease: leaseChange,
            endedAt: '$$NOW',
          },
        },
        { $unset: 'slot' },
      ],
      { session, returnDocument: 'after' },
    );
    if (!operation) throw new LeaseLostError(`operation ${which._id} is held by another, or over`);
    await this.audit.recordEnd(operation._id, { event: state, detail: operation.progress }, session);
    this.store.whenKept(session, () => tellEnd(operation, state));
    return operation;
  }

  /** A former holder has stopped: whatever waits for its lease need not wait for the clock. */
  async relinquish(id: string, owner: string): Promise<void> {
    await this.store.operations.updateOne({ _id: id, 'lease.owner': owner }, [
      { $set: { 'lease.owner': null, 'lease.until': '$$NOW' } },
    ]);
  }

  /**
   * Lets queued operations run, in order of acceptance, while fewer than `limit` do.
   * @returns those, and such that another process let run at the same moment
   */
  async admit(limit: number): Promise<readonly string[]> {
    const admitted: string[] = [];
    for (let looks = 0; looks < mostLooks; looks++) {
      const taken = new Set(await this.store.operations.distinct('slot', { slot: { $exists: true } }));
      const free = Array.from({ length: limit }, (_, slot) => slot).filter((slot) => !taken.has(slot));
      const { ids, isOver } = await this.#admitNext(free);
      admitted.push(...ids);
      if (isOver) break;
    }
    return admitted;
  }

  /**
   * As many as there are places, at once. Where another process has taken one of these meanwhile, whoever comes later
   * stays behind: it is for the next look to say whose turn it is.
   */
  async #admitNext(slots: readonly number[]): Promise<{ readonly ids: readonly string[]; readonly isOver: boolean }> {
    const next =
      slots.length === 0
        ? []
        : await this.store.operations
            .find({ state: 'queued' }, { projection: { _id: 1 }, limit: slots.length })
            .sort({ acceptedAt: 1, _id: 1 })
            .toArray();
    const ids = next.map(({ _id }) => _id);
    if (ids.length === 0) return { ids, isOver: true };
    // Due at once: should whoever admitted it die before it wakes it, the reconciler delivers it.
    const admissions = ids.map((_id, place) => ({
      updateOne: {
        filter: { _id, state: 'queued' as const },
        update: [{ $set: { state: 'running', slot: slots[place], wakeAt: '$$NOW' } }],
      },
    }));
    try {
      await sideEffect('admit', () => this.store.operations.bulkWrite(admissions, { ordered: true }));
      return { ids, isOver: true };
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError) || !isDuplicateKey(error)) throw error;
      return { ids: ids.slice(0, firstFailure(error)), isOver: false };
    }
  }

  /** When queued operations were accepted, the first of them. */
  async queuedTimes(limit: number): Promise<readonly Date[]> {
    const queued = await this.store.operations
      .find({ state: 'queued' }, { projection: { _id: 0, acceptedAt: 1 } })
      .sort({ acceptedAt: 1, _id: 1 })
      .limit(limit)
      .toArray();
    return queued.map(({ acceptedAt }) => acceptedAt);
  }

  /** Active operations that should have run by now, `milliseconds` ago or earlier. */
  async findDue(milliseconds: number, limit: number): Promise<readonly string[]> {
    return await this.#ids({ active: true, $expr: { $lte: ['$wakeAt', later(-milliseconds)] } }, limit);
  }

  /** Active operations whose deadline has passed. */
  async findOverdue(limit: number): Promise<readonly string[]> {
    return await this.#ids({ active: true, $expr: deadlinePassed }, limit);
  }

  async #ids(filter: Filter<OperationRecord>, limit: number): Promise<readonly string[]> {
    const found = await this.store.operations.find(filter, { projection: { _id: 1 }, limit }).toArray();
    return found.map(({ _id }) => _id);
  }

  async #write(holding: Holding, update: Document | Document[], besides: Filter<OperationRecord> = {}): Promise<void> {
    const { matchedCount } = await this.store.operations.updateOne(
      { ...besides, _id: holding.operation, active: true, 'lease.epoch': holding.epoch },
      update,
    );
    if (matchedCount === 0) throw new LeaseLostError(`operation ${holding.operation} is held by another`);
  }
}

function tellEnd({ service, kind, acceptedAt, endedAt = acceptedAt }: OperationRecord, state: End['state']): void {
  tell('operationEnded', { service, kind, state, seconds: (endedAt.getTime() - acceptedAt.getTime()) / 1_000 });
}

/** Place of the update that ended an ordered bulk of them. */
function firstFailure({ writeErrors }: MongoBulkWriteError): number {
  const [first] = Array.isArray(writeErrors) ? writeErrors : [writeErrors];
  return first?.index ?? 0;
}
