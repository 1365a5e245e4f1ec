import type { Redis } from 'ioredis';
import type { Logger } from '../observability/logger.js';
import { Locks } from '../store/locks.js';
import type { OperationsRepository } from '../store/operations.repository.js';
import type { Store } from '../store/store.js';
import type { Admission } from './admission.js';
import type { Endings } from './endings.js';
import { Executor } from './executor.js';
import type { Procedures } from './procedures.js';
import type { OperationQueue } from './queue.js';
import { admitQueued, failOverdue, Reconciler, type ReconcilerTask, redeliver } from './reconciler.js';
import { Wakeups } from './wakeups.js';
import { OperationWorker } from './worker.js';

export interface EngineParts {
  readonly store: Store;
  readonly operations: OperationsRepository;
  readonly procedures: Procedures;
  readonly queue: OperationQueue;
  readonly admission: Admission;
  readonly endings: Pick<Endings, 'tell'>;
  /** For the worker alone: a connection that retries for ever (`maxRetriesPerRequest: null`). */
  readonly workerConnection: Redis;
  /** What else is looked after periodically. */
  readonly tasks: readonly ReconcilerTask[];
  readonly log: Logger;
}

export interface EngineOptions {
  /** Unique to the process. */
  readonly owner: string;
  readonly queuePrefix: string;
  readonly concurrency: number;
}

/** After a kill an operation goes on within this, the second after which it counts as undelivered, and the reconciler's. */
const leaseMilliseconds = 6_000;

/** What a process of the role `worker` runs: the queue's worker and the reconciler. */
export class Engine {
  readonly wakeups: Wakeups;
  /** Names of what is looked after periodically. */
  readonly tasks: readonly string[];
  readonly #worker: OperationWorker;
  readonly #reconciler: Reconciler;

  constructor(
    { store, operations, procedures, queue, admission, endings, workerConnection, tasks, log }: EngineParts,
    options: EngineOptions,
  ) {
    this.wakeups = new Wakeups((operation) => queue.hint(operation));
    const executor = new Executor(operations, procedures, admission, this.wakeups, endings, log, {
      owner: options.owner,
      leaseMilliseconds,
    });
    this.#worker = new OperationWorker(executor, workerConnection, log, {
      prefix: options.queuePrefix,
      concurrency: options.concurrency,
    });
    const own = [redeliver(operations, queue, log), failOverdue(operations, admission, log), admitQueued(admission)];
    const all = [...own, ...tasks];
    this.tasks = all.map(({ name }) => name);
    this.#reconciler = new Reconciler(all, new Locks(store.database, options.owner), log);
  }

  start(): void {
    this.#worker.start();
    this.#reconciler.start();
  }

  /** Ends when the steps that run have ended or given up; operations that are not over are left to other workers. */
  async stop(): Promise<void> {
    await Promise.all([this.#worker.stop(), this.#reconciler.stop()]);
  }
}
