import type { Document } from 'mongodb';
import { livingPhases, type OperationState, type Phase } from './records.js';
import type { Store } from './store.js';

export interface OperationFigures {
  readonly state: OperationState;
  readonly count: number;
  /** Since the oldest of them was accepted. */
  readonly oldestSeconds: number;
}

/** How things stand, with ages by the store's clock: zero where there is nothing that could be old. */
export interface Figures {
  readonly operations: readonly OperationFigures[];
  /** Since the operation that is due longest should have run. */
  readonly undeliveredSeconds: number;
  /** Since the oldest event that is not sealed. */
  readonly unsealedSeconds: number;
}

export interface PlanCount {
  readonly planId: string;
  readonly phase: Phase;
  readonly count: number;
}

/** Of each state no more are counted. */
const mostOperations = 10_000;

const since = (field: string): Document => ({
  $project: { _id: 0, seconds: { $divide: [{ $subtract: ['$$NOW', field] }, 1_000] } },
});

/** What of the store is measured: each figure from an index, and none of one's whole size but the counts. */
export class FiguresRepository {
  constructor(private readonly store: Store) {}

  async read(): Promise<Figures> {
    const [queued, running, undeliveredSeconds, unsealedSeconds] = await Promise.all([
      this.#operations('queued'),
      this.#operations('running'),
      this.#undelivered(),
      this.#unsealed(),
    ]);
    return { operations: [queued, running], undeliveredSeconds, unsealedSeconds };
  }

  async #operations(state: OperationState): Promise<OperationFigures> {
    const [count, oldestSeconds] = await Promise.all([this.#count(state), this.#oldest(state)]);
    return { state, count, oldestSeconds };
  }

  async #count(state: OperationState): Promise<number> {
    return await this.store.operations.countDocuments({ state }, { limit: mostOperations, hint: 'newest_in_a_state' });
  }

  async #oldest(state: OperationState): Promise<number> {
    const oldest = [{ $match: { state } }, { $sort: { acceptedAt: 1, _id: 1 } }, { $limit: 1 }, since('$acceptedAt')];
    return firstOf(await this.store.operations.aggregate(oldest, { hint: 'newest_in_a_state' }).toArray());
  }

  async #undelivered(): Promise<number> {
    const due = [{ $match: { active: true } }, { $sort: { wakeAt: 1 } }, { $limit: 1 }, since('$wakeAt')];
    return firstOf(await this.store.operations.aggregate(due, { hint: 'active_by_wake_up' }).toArray());
  }

  async #unsealed(): Promise<number> {
    const oldest = [{ $sort: { at: 1, _id: 1 } }, { $limit: 1 }, since('$at')];
    return firstOf(await this.store.unsealedEvents.aggregate(oldest).toArray());
  }

  /** Living instances by plan and phase: as many keys of an index are looked at, and no record. */
  async countInstances(): Promise<readonly PlanCount[]> {
    return await this.store.instances
      .aggregate<PlanCount>(
        [
          { $match: { phase: { $in: livingPhases } } },
          { $group: { _id: { planId: '$planId', phase: '$phase' }, count: { $sum: 1 } } },
          { $project: { _id: 0, planId: '$_id.planId', phase: '$_id.phase', count: 1 } },
        ],
        { hint: 'of_a_plan_by_phase' },
      )
      .toArray();
  }
}

const firstOf = ([first]: readonly Document[]): number => Math.max(0, first?.seconds ?? 0);
