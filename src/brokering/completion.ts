import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationsRepository } from '../store/operations.repository.js';
import type { OperationRecord } from '../store/records.js';

const firstLook = 20;
const longestPause = 100;

/** Waits within a request for what it asked for. The store is asked: the work may be done by another process. */
export class Completion {
  constructor(
    private readonly operations: OperationsRepository,
    private readonly seconds: number,
  ) {}

  /** The operation when it has ended, or nothing when that takes too long. */
  async of(id: string): Promise<OperationRecord | undefined> {
    const deadline = performance.now() + this.seconds * 1_000;
    for (let pause = firstLook; ; pause = Math.min(pause * 1.5, longestPause)) {
      const operation = await this.operations.find(id);
      if (operation && !operation.active) return operation;
      if (performance.now() + pause > deadline) return undefined;
      await sleep(pause);
    }
  }
}
