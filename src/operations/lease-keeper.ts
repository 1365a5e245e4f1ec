import type { Logger } from '../observability/logger.js';
import { type Holding, LeaseLostError, type OperationsRepository } from '../store/operations.repository.js';

/**
 * Prolongs a lease while its holder works, and aborts `signal` in time where that fails: every outside call must end
 * before the lease does, and by our own clock, since the store may be what cannot be reached.
 */
export class LeaseKeeper {
  readonly #lost = new AbortController();
  #expiry: NodeJS.Timeout;
  #stopped = false;
  /** By `performance.now()`. */
  #end = 0;
  readonly #renewal: NodeJS.Timeout;

  /** @param milliseconds the lease's length; it was taken at `takenAt` (`performance.now()`, before the store was asked) */
  constructor(
    private readonly operations: OperationsRepository,
    private readonly holding: Holding,
    private readonly milliseconds: number,
    takenAt: number,
    private readonly log: Logger,
  ) {
    this.#expiry = this.#expireAfter(takenAt);
    this.#renewal = setInterval(() => void this.#renew(), milliseconds / 3);
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Throws where the lease has ended, even if the timer that tells so is late: it may have been frozen with us. */
  demand(): void {
    if (performance.now() >= this.#end) this.#lost.abort(leaseEnded());
    this.signal.throwIfAborted();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#renewal);
    clearTimeout(this.#expiry);
  }

  async #renew(): Promise<void> {
    const asked = performance.now();
    try {
      await this.operations.renew(this.holding, this.milliseconds);
      clearTimeout(this.#expiry);
      if (!this.#stopped && !this.signal.aborted) this.#expiry = this.#expireAfter(asked);
    } catch (error) {
      if (error instanceof LeaseLostError) this.#lost.abort(error);
      else this.log.warn({ err: error }, 'the lease could not be renewed');
    }
  }

  /** Gives up a sixth of the lease before its end, so that what is under way can end. */
  #expireAfter(start: number): NodeJS.Timeout {
    this.#end = start + (this.milliseconds * 5) / 6;
    return setTimeout(() => this.#lost.abort(leaseEnded()), this.#end - performance.now());
  }
}

const leaseEnded = () => new LeaseLostError('the lease could not be renewed in time', 'expired');
