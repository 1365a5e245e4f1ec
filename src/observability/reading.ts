import { setTimeout as sleep } from 'node:timers/promises';

/** How long an answer is good for, in milliseconds, and how long anybody waits for one. */
const keptMilliseconds = 3_000;
const boundMilliseconds = 1_500;

/**
 * Something that is read when somebody asks for it, but one at a time and not again within some seconds, so that who
 * asks often, or while it does not answer, is no burden.
 */
export class Reading<Value> {
  #reading: Promise<Value | undefined> | undefined;

  constructor(
    private readonly read: () => Promise<Value>,
    private readonly milliseconds = { kept: keptMilliseconds, bound: boundMilliseconds },
  ) {}

  /** Nothing where it fails, or takes too long: it goes on then, and answers who asks later. */
  async get(): Promise<Value | undefined> {
    this.#reading ??= this.#begin();
    const enough = new AbortController();
    const tooLate = sleep(this.milliseconds.bound, undefined, { signal: enough.signal }).catch(() => undefined);
    return await Promise.race([this.#reading, tooLate]).finally(() => enough.abort());
  }

  async #begin(): Promise<Value | undefined> {
    try {
      return await this.read();
    } catch {
      return undefined;
    } finally {
      setTimeout(() => {
        this.#reading = undefined;
      }, this.milliseconds.kept).unref();
    }
  }
}
