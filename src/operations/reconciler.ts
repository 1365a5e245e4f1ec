import { type Logger, withLogFields } from '../observability/logger.js';
import type { Locks } from '../store/locks.js';
import type { OperationsRepository } from '../store/operations.repository.js';
import type { Admission } from './admission.js';
import type { OperationQueue } from './queue.js';

/** Something that is looked after periodically, by one process at a time. */
export interface ReconcilerTask {
  readonly name: string;
  readonly everyMilliseconds: number;
  run(): Promise<void>;
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
      for (const operation of await operations.findDue(undeliveredMilliseconds, batch)) {
        log.info({ operation }, 'operation is due, delivered again');
        await queue.wake(operation);
      }
    },
  };
}

/** Operations that did not end in time are failed, with what they waited for. What they made stays for the DELETE. */
export function failOverdue(operations: OperationsRepository, log: Logger): ReconcilerTask {
  return {
    name: 'fail-overdue',
    everyMilliseconds: 1_000,
    async run() {
      for (const id of await operations.findOverdue(batch)) {
        const seized = await operations.seize(id);
        if (!seized) continue;
        const { acceptedAt, deadline, progress } = seized.operation;
        const seconds = Math.round((deadline.getTime() - acceptedAt.getTime()) / 1_000);
        const description = `not done within ${seconds} s: ${progress}`;
        await operations.finish(seized.holding, { state: 'failed', description });
        log.error({ operation: id, description }, 'operation failed at its deadline');
      }
    },
  };
}

/** Queued operations whose predecessor's end was not noticed. */
export function admitQueued(admission: Admission): ReconcilerTask {
  return { name: 'admit-queued', everyMilliseconds: 2_000, run: () => admission.admit() };
}

/** Runs its tasks, each in its own time and under its own lock. */
export class Reconciler {
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
        this.#schedule(task, task.everyMilliseconds * (0.95 + Math.random() / 10));
      });
    }, milliseconds);
    this.#timers.add(timer);
  }

  async #run(task: ReconcilerTask): Promise<void> {
    try {
      // Held until shortly before the next time, so that with several processes the task still runs once a period.
      if (await this.locks.take(`reconciler/${task.name}`, Math.max(task.everyMilliseconds * 3, 5_000)))
        await task.run();
    } catch (error) {
      this.log.warn({ err: error }, 'reconciler task failed, will run again');
    }
  }
}
