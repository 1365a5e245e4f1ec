import type { OperationsRepository } from '../store/operations.repository.js';

/**
 * Decides, in the store, which queued operations run: in order of acceptance, at most `limit` at once. A worker that
 * holds none of them may let them run, so none waits for a particular one.
 */
export class Admission {
  /** @param wake makes an operation that was let run do so now */
  constructor(
    private readonly operations: OperationsRepository,
    private readonly limit: number,
    private readonly wake: (operation: string) => void,
  ) {}

  async admit(): Promise<void> {
    for (const operation of await this.operations.admit(this.limit)) this.wake(operation);
  }
}
