import type { Logger } from '../observability/logger.js';
import type { OperationsRepository } from '../store/operations.repository.js';

/**
 * Decides, in the store, which queued operations run: in order of acceptance, at most `limit` at once. Until then they
 * are records and no more: they have no job, and nobody looks at them. Every process may let them run, so none waits
 * for a particular one.
 */
export class Admission {
  #last: Promise<unknown> = Promise.resolve();
  #coming: Promise<number> | undefined;

  /** @param wake makes an operation that was let run do so now */
  constructor(
    private readonly operations: OperationsRepository,
    private readonly limit: number,
    private readonly wake: (operation: string) => void,
    private readonly log: Logger,
  ) {}

  /**
   * Whoever asks while one round is under way shares the next one: many at once would be in each other's way.
   * @returns how many were let run
   */
  admit(): Promise<number> {
    this.#coming ??= this.#last.then(() => this.#round());
    this.#last = this.#coming.catch(() => {});
    return this.#coming;
  }

  /** As `admit`, without waiting for it: what fails here the reconciler does. */
  begin(): void {
    this.admit().catch((error: unknown) => this.log.warn({ err: error }, 'nothing admitted; the reconciler will'));
  }

  async #round(): Promise<number> {
    this.#coming = undefined;
    const admitted = await this.operations.admit(this.limit);
    for (const operation of admitted) this.wake(operation);
    return admitted.length;
  }
}
