import { setTimeout as sleep } from 'node:timers/promises';
import type { Endings } from '../operations/endings.js';
import type { OperationsRepository } from '../store/operations.repository.js';
import type { OperationRecord } from '../store/records.js';

/** Most of what is waited for ends within a tenth of a second, and a look is one read. */
const firstPause = 10;
const growth = 1.2;
const longestPause = 100;

/** Waits within a request for what it asked for. The store is asked: the work may be done by another process. */
export class Completion {
  constructor(
    private readonly operations: OperationsRepository,
    private readonly endings: Endings,
    private readonly seconds: number,
  ) {}

  /** The operation when it has ended, or nothing when that takes too long. */
  async of(id: string): Promise<OperationRecord | undefined> {
    const deadline = performance.now() + this.seconds * 1_000;
    let nap = new AbortController();
    const listenNoMore = this.endings.listen(id, () => nap.abort());
    try {
      for (let pause = firstPause; ; pause = Math.min(pause * growth, longestPause)) {
        nap = new AbortController();
        const operation = await this.operations.find(id);
        if (operation && !operation.active) return operation;
        if (performance.now() + pause > deadline) return undefined;
        await sleep(pause, undefined, { signal: nap.signal }).catch(() => {});
      }
    } finally {
      listenNoMore();
    }
  }
}
