import pLimit from 'p-limit';
import { KeyedCache } from './keyed-cache.js';

/** How many checks run at once, and how many may wait. */
const lanes = { trusted: { atOnce: 2, waiting: 100 }, suspect: { atOnce: 1, waiting: 8 } } as const;
const mostUnderWay = 1_000;

/**
 * Runs checks of credentials that take long (a hash, a question to another server), so that whoever sends many keeps
 * nobody from being served: few at once, each secret once at a time, and what cannot wait any more is put off. Where
 * many failures came from, there is a narrow lane of its own: whoever is right there passes, but slowly.
 */
export class SlowChecks<Result> {
  readonly #limits = { trusted: pLimit(lanes.trusted.atOnce), suspect: pLimit(lanes.suspect.atOnce) };
  readonly #underWay = new KeyedCache<{ readonly result: Promise<Result> }>(mostUnderWay);

  /** @returns nothing where there is no place to wait in */
  async run(
    lane: keyof typeof lanes,
    secret: readonly string[],
    check: () => Promise<Result>,
  ): Promise<Result | undefined> {
    const same = this.#underWay.get(...secret);
    if (same) return await same.result;
    const limit = this.#limits[lane];
    if (limit.pendingCount >= lanes[lane].waiting) return undefined;
    const result = limit(check);
    this.#underWay.set({ result }, ...secret);
    try {
      return await result;
    } finally {
      this.#underWay.delete(...secret);
    }
  }
}
