import type { ClientSession, Document, Filter } from 'mongodb';
import { applyEffect } from './effects.js';
import { newIdentifier } from './identifier.js';
import type { AuditEventRecord, OperationRecord, StepRecord } from './records.js';
import { isDuplicateKey, type Store } from './store.js';

/** Another holder took the operation, or it ended: whoever sees this stops at once, and records nothing. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/** What a holder of a lease names in each of its writes. */
export interface Holding {
  readonly operation: string;
  readonly epoch: number;
}

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
const leaseEnded: Document = { $lte: ['$lease.until', '$$NOW'] };

export class OperationsRepository {
  constructor(private readonly store: Store) {}

  async find(id: string): Promise<OperationRecord | null> {
    return await this.store.operations.findOne({ _id: id });
  }

  /**
   * Adds an accepted operation, its times by the store's clock.
   * Throws a duplicate-key error where its subject has an active one.
   */
  async insert(
    operation: Omit<OperationRecord, 'acceptedAt' | 'deadline' | 'wakeAt'>,
    deadlineMilliseconds: number,
    session: ClientSession,
  ): Promise<void> {
    const times = { acceptedAt: '$$NOW', wakeAt: '$$NOW', deadline: later(deadlineMilliseconds) };
    await this.store.operations.updateOne(
      { _id: operation._id },
      [{ $replaceWith: { $mergeObjects: [{ $literal: operation }, times] } }],
      { upsert: true, session },
    );
  }

  /** Ends what runs on the instance, or on one of its bindings, in favour of a DELETE. Its holders lose their epoch. */
  async supersede(which: { instance: string } | { binding: string }, session: ClientSession): Promise<void> {
    const active = await this.store.operations.find({ ...which, active: true }, { session }).toArray();
    for (const { _id } of active) {
      await this.#end({ _id }, { state: 'superseded', description: 'superseded by a delete' }, session);
    }
  }

  /** Takes the lease of a running operation that nobody holds, and raises its epoch. */
  async take(id: string, owner: string, leaseMilliseconds: number): Promise<TakeResult> {
    const operation = await this.find(id);
    if (!operation?.active) return { kind: 'over' };
    if (operation.state === 'queued') return { kind: 'queued' };
    if (await this.#isHeldElsewhere(operation)) return { kind: 'busy' };
    const taken = await this.store.operations.findOneAndUpdate(
      { _id: id, active: true, $expr: leaseEnded },
      [
        {
          $set: {
            lease: { owner, until: later(leaseMilliseconds), epoch: { $add: ['$lease.epoch', 1] } },
            // Until its holder says otherwise, the reconciler looks after it once the lease has ended.
            wakeAt: later(leaseMilliseconds),
            startedAt: { $ifNull: ['$startedAt', '$$NOW'] },
          },
        },
      ],
      { returnDocument: 'after' },
    );
    return taken ? { kind: 'taken', operation: taken } : { kind: 'busy' };
  }

  /**
   * A holder that was superseded may still have calls under way: what comes after it on the same instance (or on the
   * same binding) waits until its lease has ended.
   */
  async #isHeldElsewhere(operation: OperationRecord): Promise<boolean> {
    const sameSubject = operation.binding
      ? { instance: operation.instance, binding: operation.binding }
      : { instance: operation.instance };
    const holder = await this.store.operations.findOne(
      { ...sameSubject, _id: { $ne: operation._id }, $expr: { $gt: ['$lease.until', '$$NOW'] } },
      { projection: { _id: 1 } },
    );
    return holder !== null;
  }

  async renew(holding: Holding, leaseMilliseconds: number): Promise<void> {
    const until = later(leaseMilliseconds);
    await this.#write(holding, [{ $set: { 'lease.until': until, wakeAt: until } }]);
  }

  /** Steps that are done, and what happens next in the user's words. */
  async recordSteps(holding: Holding, done: Readonly<Record<string, StepRecord>>, progress: string): Promise<void> {
    const steps = Object.fromEntries(Object.entries(done).map(([key, step]) => [`steps.${key}`, step]));
    await this.#write(holding, { $set: { ...steps, progress, pauses: 0 } });
  }

  /** Gives the lease back; the operation goes on in `milliseconds`, or when something wakes it. */
  async pause(holding: Holding, pause: { progress: string; pauses: number; milliseconds: number }): Promise<void> {
    const { progress, pauses, milliseconds } = pause;
    // $literal: a text of the cluster's that begins with a dollar sign is no expression.
    const said = { progress: { $literal: progress }, pauses };
    await this.#write(holding, [
      { $set: { ...said, 'lease.owner': null, 'lease.until': '$$NOW', wakeAt: later(milliseconds) } },
    ]);
  }

  /** Ends the operation together with what that means for its instance or binding. */
  async finish(
    holding: Holding,
    outcome: { readonly state: 'succeeded' | 'failed'; readonly description: string },
  ): Promise<void> {
    await this.store.transaction(async (session) => {
      const held = { _id: holding.operation, 'lease.epoch': holding.epoch };
      const operation = await this.#end(held, outcome, session);
      await applyEffect(this.store, operation, outcome.state, session);
    });
  }

  async #end(
    which: { readonly _id: string },
    outcome: { readonly state: 'succeeded' | 'failed' | 'superseded'; readonly description: string },
    session: ClientSession,
  ): Promise<OperationRecord> {
    const { state, description } = outcome;
    // Who is superseded may have calls under way: that lease is left to end by itself, but its epoch is taken away.
    const lease = state === 'superseded' ? { epoch: { $add: ['$lease.epoch', 1] } } : { until: '$$NOW' };
    const operation = await this.store.operations.findOneAndUpdate(
      { ...which, active: true },
      [
        { $set: { state, active: false, progress: { $literal: description }, lease, endedAt: '$$NOW' } },
        { $unset: 'slot' },
      ],
      { session, returnDocument: 'after' },
    );
    if (!operation) throw new LeaseLostError(`operation ${which._id} is held by another, or over`);
    await this.#audit(operation, state, session);
    return operation;
  }

  async #audit(operation: OperationRecord, event: AuditEventRecord['event'], session: ClientSession): Promise<void> {
    const accepted = await this.store.auditEvents.findOne({ operation: operation._id, event: 'accepted' }, { session });
    if (!accepted) return;
    const ended = { ...accepted, _id: newIdentifier(), at: new Date(), event, detail: operation.progress };
    await this.store.auditEvents.insertOne(ended, { session });
  }

  /** A former holder has stopped: whatever waits for its lease need not wait for the clock. */
  async relinquish(id: string, owner: string): Promise<void> {
    await this.store.operations.updateOne({ _id: id, 'lease.owner': owner }, [
      { $set: { 'lease.owner': null, 'lease.until': '$$NOW' } },
    ]);
  }

  /** Lets queued operations run, in order of acceptance, while fewer than `limit` do. Returns those it let run. */
  async admit(limit: number): Promise<readonly string[]> {
    const admitted: string[] = [];
    const taken = new Set(await this.store.operations.distinct('slot', { slot: { $exists: true } }));
    for (let slot = 0; slot < limit; slot++) {
      if (taken.has(slot)) continue;
      const operation = await this.#admitNext(slot);
      if (operation === 'none') break;
      if (operation !== 'slot taken') admitted.push(operation.id);
    }
    return admitted;
  }

  async #admitNext(slot: number): Promise<{ id: string } | 'none' | 'slot taken'> {
    try {
      const operation = await this.store.operations.findOneAndUpdate(
        { state: 'queued' },
        { $set: { state: 'running', slot } },
        { sort: { acceptedAt: 1, _id: 1 }, projection: { _id: 1 } },
      );
      return operation ? { id: operation._id } : 'none';
    } catch (error) {
      if (isDuplicateKey(error)) return 'slot taken';
      throw error;
    }
  }

  /** How many queued operations come before this one. */
  async countAhead(operation: OperationRecord): Promise<number> {
    return await this.store.operations.countDocuments({
      state: 'queued',
      acceptedAt: { $lt: operation.acceptedAt },
    });
  }

  /** Says why a queued operation does not run yet. */
  async recordQueued(id: string, progress: string, milliseconds: number): Promise<void> {
    await this.store.operations.updateOne({ _id: id, state: 'queued' }, [
      { $set: { progress: { $literal: progress }, wakeAt: later(milliseconds) } },
    ]);
  }

  /** Active operations that should have run by now, `milliseconds` ago or earlier. */
  async findDue(milliseconds: number, limit: number): Promise<readonly string[]> {
    return await this.#ids({ active: true, $expr: { $lte: ['$wakeAt', later(-milliseconds)] } }, limit);
  }

  /** Active operations whose deadline has passed. */
  async findOverdue(limit: number): Promise<readonly string[]> {
    return await this.#ids({ active: true, $expr: { $lte: ['$deadline', '$$NOW'] } }, limit);
  }

  /** Takes an overdue operation from whoever holds it, so that it can be failed. */
  async seize(id: string): Promise<{ holding: Holding; operation: OperationRecord } | undefined> {
    const operation = await this.store.operations.findOneAndUpdate(
      { _id: id, active: true, $expr: { $lte: ['$deadline', '$$NOW'] } },
      { $inc: { 'lease.epoch': 1 } },
      { returnDocument: 'after' },
    );
    return operation ? { holding: { operation: id, epoch: operation.lease.epoch }, operation } : undefined;
  }

  async countActive(): Promise<Readonly<Record<string, number>>> {
    const groups = await this.store.operations
      .aggregate<{ _id: string; count: number }>([
        { $match: { active: true } },
        { $group: { _id: '$state', count: { $sum: 1 } } },
      ])
      .toArray();
    return Object.fromEntries(groups.map(({ _id, count }) => [_id, count]));
  }

  async #ids(filter: Filter<OperationRecord>, limit: number): Promise<readonly string[]> {
    const found = await this.store.operations.find(filter, { projection: { _id: 1 }, limit }).toArray();
    return found.map(({ _id }) => _id);
  }

  async #write(holding: Holding, update: Document | Document[]): Promise<void> {
    const { matchedCount } = await this.store.operations.updateOne(
      { _id: holding.operation, active: true, 'lease.epoch': holding.epoch },
      update,
    );
    if (matchedCount === 0) throw new LeaseLostError(`operation ${holding.operation} is held by another`);
  }
}
