import { tell } from '../observability/events.js';
import { type Logger, withLogFields } from '../observability/logger.js';
import type { Locks } from '../store/locks.js';
import type { OperationsRepository } from '../store/operations.repository.js';
import type { OperationRecord } from '../store/records.js';
import type { Admission } from './admission.js';
import type { OperationQueue } from './queue.js';

/** Something that is looked after periodically, by one process at a time. */
export interface ReconcilerTask {
  readonly name: string;
  readonly everyMilliseconds: number;
  /** @returns how much it found that called for something */
  run(): Promise<number>;
}

/** How many operations one pass of a task handles. */
const batch = 500;
/** An operation that is due this long, in milliseconds, was not delivered. */
const undeliveredMilliseconds = 1_000;

/** Operations that should have run and did not: Redis lost the job, or the worker that held it died. */
export function redeliver(operations: OperationsRepository, queue: OperationQueue, log: Logger): ReconcilerTask {
  return {
    name: 'redeliver',
    everyMilliseconds: 1_000,
    async run() {
      const due = await operations.findDue(undeliveredMilliseconds, batch);
      await forEach(due, log, async (operation) => {
        log.debug({ operation }, 'operation is due, delivered again');
        await queue.wake(operation);
      });
      return due.length;
    },
  };
}

/** Operations that did not end in time are failed, with what they waited for. What they made stays for the DELETE. */
export function failOverdue(operations: OperationsRepository, admission: Admission, log: Logger): ReconcilerTask {
  return {
    name: 'fail-overdue',
    everyMilliseconds: 1_000,
    async run() {
      const overdue = await operations.findOverdue(batch);
      await forEach(overdue, log, async (id) => {
        const failed = await operations.failOverdue(id, describeOverdue);
        if (!failed) return;
        log.error({ operation: id, description: failed.progress }, 'operation failed at its deadline');
        await admission.admit();
      });
      return overdue.length;
    },
  };
}

export function describeOverdue({ acceptedAt, deadline, progress }: OperationRecord): string {
  const seconds = Math.round((deadline.getTime() - acceptedAt.getTime()) / 1_000);
  return `not done within ${seconds} s: ${progress}`;
}

/** One that fails, because something came between, is left to the next round, and keeps no other from its own. */
async function forEach(ids: readonly string[], log: Logger, work: (id: string) => Promise<void>): Promise<void> {
  for (const id of ids) {
    await work(id).catch((error: unknown) => log.warn({ err: error, operation: id }, 'left to the next round'));
  }
}

/** Queued operations whose predecessor's end was not noticed. */
export function admitQueued(admission: Admission): ReconcilerTask {
  return { name: 'admit-queued', everyMilliseconds: 2_000, run: () => admission.admit() };
}

/** How often a lock is prolonged at least: a task that rarely runs is soon another's where its process has died. */
const longestTick = 10_000;

const tickOf = ({ everyMilliseconds }: ReconcilerTask) => Math.min(everyMilliseconds, longestTick);

/** Runs its tasks, each in its own time and under its own lock. */
export class Reconciler {
  /** When a task is to run again, by `performance.now()`, as far as it ran here. */
  readonly #due = new Map<ReconcilerTask, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(
    private readonly tasks: readonly ReconcilerTask[],
    private readonly locks: Locks,
    private readonly log: Logger,
  ) {}

  start(): void {
    for (const task of this.tasks) this.#schedule(task, 0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#running);
    // So that another process need not wait for the locks to end.
    await Promise.allSettled(this.tasks.map((task) => this.locks.release(lockOf(task))));
  }

  #schedule(task: ReconcilerTask, milliseconds: number): void {
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const running = withLogFields({ task: task.name }, () => this.#run(task));
      this.#running.add(running);
      void running.finally(() => {
        this.#running.delete(running);
        // A tenth of jitter, so that replicas do not stay in step.
        this.#schedule(task, tickOf(task) * (0.95 + Math.random() / 10));
      });
    }, milliseconds);
    this.#timers.add(timer);
  }

  /** Whether it is to run in this tick; then it is not for a period. */
  #isDue(task: ReconcilerTask): boolean {
    const now = performance.now();
    // Half a tick early rather than a whole one late.
    if (now < (this.#due.get(task) ?? 0) - tickOf(task) / 2) return false;
    this.#due.set(task, now + task.everyMilliseconds);
    return true;
  }

  async #run(task: ReconcilerTask): Promise<void> {
    try {
      if ((await this.#lock(task)) && this.#isDue(task)) await this.#runLocked(task);
    } catch (error) {
      this.log.warn({ err: error }, 'reconciler task failed, will run again');
      tell('taskFailed', { task: task.name });
      this.#due.delete(task);
      // Perhaps another process can.
      await this.locks.release(lockOf(task)).catch(() => {});
    }
  }

  /** Prolonged with each tick, so that one process goes on with a task until it ends; false where another does. */
  async #lock(task: ReconcilerTask): Promise<boolean> {
    return await this.locks.take(lockOf(task), lockMilliseconds(task));
  }

  async #runLocked(task: ReconcilerTask): Promise<void> {
    // For one that takes longer than its lock lasts. What fails here fails the next tick too, which tells.
    const prolonging = setInterval(() => void this.#lock(task).catch(() => {}), lockMilliseconds(task) / 3);
    try {
      const began = performance.now();
      const found = await task.run();
      tell('taskRan', { task: task.name, seconds: (performance.now() - began) / 1_000, found });
    } finally {
      clearInterval(prolonging);
    }
  }
}

const lockMilliseconds = (task: ReconcilerTask) => Math.max(tickOf(task) * 3, 5_000);
const lockOf = ({ name }: ReconcilerTask) => `reconciler/${name}`;
