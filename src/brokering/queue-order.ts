import type { OperationsRepository } from '../store/operations.repository.js';

/** How old what is told of the queue may be: a crowd that polls does not have it counted for each. */
const freshMilliseconds = 100;
/** Whoever has more before it need not know how many. */
export const mostAhead = 1_000;

/** When the queued operations were accepted, from the first one on. */
export class QueueOrder {
  #read: { readonly times: Promise<readonly Date[]>; readonly at: number } | undefined;

  constructor(private readonly operations: Pick<OperationsRepository, 'queuedTimes'>) {}

  /** How many queued operations come before one of this time; `mostAhead` stands for more, too. */
  async countAhead(acceptedAt: Date, now = performance.now()): Promise<number> {
    if (!this.#read || now - this.#read.at >= freshMilliseconds) {
      const times = this.operations.queuedTimes(mostAhead);
      const read = { times, at: now };
      this.#read = read;
      times.catch(() => {
        if (this.#read === read) this.#read = undefined;
      });
    }
    const times = await this.#read.times;
    const index = times.findIndex((time) => time >= acceptedAt);
    return index < 0 ? times.length : index;
  }
}
