import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from '../observability/logger.js';
import { sideEffect } from '../side-effects.js';
import { Batches } from './batches.js';
import { bounded } from './bounded.js';

export const queueName = 'operations';
/** Ids only: Redis is no place for parameters or credentials. */
export interface OperationJob {
  readonly operation: string;
}

/** How long a request may wait for Redis before it answers without it. */
const addMilliseconds = 300;
const closeMilliseconds = 1_000;
/** Jobs that are added by one message, and messages that wait for their answer at once. */
const mostTogether = 100;
const additionsAtOnce = 2;
/** That BullMQ keeps in Redis of what happens to jobs: nobody reads them. */
const mostEvents = 100;

/**
 * Delivery of operations to workers, and no more: what is lost here the reconciler brings back from the store. A job has
 * its operation's id, and is removed when it ends, so that adding it again is safe at any time.
 */
export class OperationQueue {
  #queue: Promise<Queue<OperationJob>> | undefined;
  readonly #additions = new Batches<string>((operations) => this.#addAll(operations), mostTogether, additionsAtOnce);

  constructor(
    private readonly connection: Redis,
    private readonly prefix: string,
    private readonly log: Logger,
  ) {}

  /** Delivers an operation that was just accepted. Never throws, and never takes longer than 300 ms. */
  async announce(operation: string): Promise<void> {
    const added = this.add(operation).catch((error: unknown) => {
      this.log.warn({ err: error, operation }, 'the job could not be added; the reconciler will add it');
    });
    await Promise.race([added, sleep(addMilliseconds)]);
  }

  /** Adds the job of an operation where it has none. */
  async add(operation: string): Promise<void> {
    this.#demandConnection();
    await sideEffect('add job', () => this.#additions.add(operation));
  }

  async #addAll(operations: readonly string[]): Promise<readonly PromiseSettledResult<void>[]> {
    const settings = { removeOnComplete: true, removeOnFail: true };
    const queue = await this.#opened();
    await queue.addBulk(
      operations.map((operation) => ({ name: 'run', data: { operation }, opts: { ...settings, jobId: operation } })),
    );
    return operations.map(() => ({ status: 'fulfilled', value: undefined }));
  }

  /** Makes an operation run now: ends its job's delay, or adds the job. One that runs, or is about to, is left alone. */
  async wake(operation: string): Promise<void> {
    const queue = await this.#opened();
    const job = await queue.getJob(operation);
    if (!job) await this.add(operation);
    else if (await job.isDelayed()) await sideEffect('promote job', () => job.promote());
  }

  /** As `wake`, and does not wait for it: what is lost here runs when its timer ends, or when the reconciler finds it. */
  hint(operation: string): void {
    this.wake(operation).catch((error: unknown) => this.log.debug({ err: error, operation }, 'not woken'));
  }

  /** BullMQ would wait for Redis as long as that takes, and whatever is asked of it would pile up. */
  #demandConnection(): void {
    if (this.connection.status !== 'ready') throw new Error(`Redis is not connected (${this.connection.status})`);
  }

  async countJobs(): Promise<Readonly<Record<string, number>>> {
    const queue = await this.#opened();
    return await queue.getJobCounts('wait', 'active', 'delayed');
  }

  async close(): Promise<void> {
    const closed = this.#queue?.then(
      (queue) => queue.close(),
      () => {},
    );
    if (closed) await bounded(closed, closeMilliseconds);
  }

  async #opened(): Promise<Queue<OperationJob>> {
    this.#demandConnection();
    this.#queue ??= this.#open();
    return await this.#queue;
  }

  /** BullMQ asks Redis for its version first. A queue for which that failed never works: whoever comes next opens another. */
  async #open(): Promise<Queue<OperationJob>> {
    const queue = new Queue<OperationJob>(queueName, {
      connection: this.connection,
      prefix: this.prefix,
      streams: { events: { maxLen: mostEvents } },
    });
    queue.on('error', (error) => this.log.debug({ err: error }, 'queue'));
    try {
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      this.#queue = undefined;
      await queue.close();
      throw error;
    }
  }
}
