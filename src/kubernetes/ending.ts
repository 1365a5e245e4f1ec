import { setMaxListeners } from 'node:events';

/**
 * Aborts with another signal or after a time. AbortSignal.any leaves some bytes for good on a signal that lives on,
 * with every call; this leaves nothing once it is released.
 */
export class Ending {
  timedOut = false;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #abort = () => this.#controller.abort(this.#outer.reason);

  /** @param timeout in milliseconds */
  constructor(outer: AbortSignal, timeout: number) {
    this.#outer = outer;
    this.#timer = setTimeout(() => {
      this.timedOut = true;
      this.#controller.abort();
    }, timeout);
    // Many calls at once on one signal are no leak, which Node would warn of from the eleventh on.
    setMaxListeners(0, outer);
    if (outer.aborted) this.#abort();
    else outer.addEventListener('abort', this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the other signal is aborted. */
  get aborted(): boolean {
    return this.#outer.aborted;
  }

  /** The time begins anew. */
  refresh(): void {
    this.#timer.refresh();
  }

  /** From now on only the other signal counts. */
  stopTimer(): void {
    clearTimeout(this.#timer);
  }

  release(): void {
    this.stopTimer();
    this.#outer.removeEventListener('abort', this.#abort);
  }
}
