import { Worker as BullWorker, DelayedError, type Job, WaitingError } from 'bullmq';
import type { Redis } from 'ioredis';
import { type Logger, withLogFields } from '../observability/logger.js';
import { sideEffect } from '../side-effects.js';
import { bounded } from './bounded.js';
import type { Executor } from './executor.js';
import type { RunResult } from './operation-run.js';
import { type OperationJob, queueName } from './queue.js';

export interface WorkerOptions {
  readonly prefix: string;
  /** Operations whose steps run at once in this process; those that wait do not count. */
  readonly concurrency: number;
}

const closeMilliseconds = 5_000;

/** Takes jobs from the queue and has their operations run. Waiting operations are delayed jobs: they hold no worker. */
export class OperationWorker {
  readonly #shutdown = new AbortController();
  readonly #worker: BullWorker<OperationJob>;
  readonly #runs = new Set<Promise<RunResult>>();

  constructor(
    private readonly executor: Executor,
    private readonly connection: Redis,
    private readonly log: Logger,
    options: WorkerOptions,
  ) {
    this.#worker = new BullWorker<OperationJob>(queueName, (job, token) => this.#process(job, token), {
      connection,
      prefix: options.prefix,
      concurrency: options.concurrency,
      autorun: false,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
      // A job of a worker that died starts again within lockDuration + stalledInterval, however often that happens.
      lockDuration: 5_000,
      stalledInterval: 2_000,
      maxStalledCount: 1_000_000,
      runRetryDelay: 1_000,
    });
    this.#worker.on('error', (error) => log.warn({ err: error }, 'worker'));
    this.#worker.on('failed', (job, error) => log.error({ err: error, operation: job?.id }, 'run failed'));
  }

  start(): void {
    this.#worker.run().catch((error: unknown) => this.log.error({ err: error }, 'worker stopped'));
  }

  /** Ends when the steps that run have ended; operations that are not over are given back. */
  async stop(): Promise<void> {
    // What it gives back is for others: it would be the first to take it again.
    void this.#worker.pause(true).catch((error: unknown) => this.log.warn({ err: error }, 'worker'));
    this.#shutdown.abort(new Error('the worker shuts down'));
    await Promise.allSettled(this.#runs);
    // Without Redis the jobs cannot be given back, and closing in good order would wait for it. The store knows.
    await bounded(this.#worker.close(this.connection.status !== 'ready'), closeMilliseconds);
  }

  async #process(job: Job<OperationJob>, token: string | undefined): Promise<void> {
    const { operation } = job.data;
    // Its delivery was under way when the worker was stopped.
    if (this.#shutdown.signal.aborted) return await giveBack(job, token);
    await withLogFields({ operation }, async () => {
      const run = this.executor.run(operation, this.#shutdown.signal);
      this.#runs.add(run);
      const result = await run.finally(() => this.#runs.delete(run));
      if (result.kind === 'over') return;
      if (result.milliseconds === 0) return await giveBack(job, token);
      const due = Date.now() + result.milliseconds;
      await sideEffect('delay job', () => job.moveToDelayed(due, token));
      // Only now: the job has a delay that a wake-up can end.
      result.sleeper?.sleep();
      throw new DelayedError();
    });
  }
}

async function giveBack(job: Job<OperationJob>, token: string | undefined): Promise<never> {
  await sideEffect('return job', () => job.moveToWait(token));
  throw new WaitingError();
}
