import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { clientNetwork } from './client-network.js';

const windowSeconds = 60;

export interface FailuresOptions {
  /** Where replicas count together; each counts for itself where there is none, and while it is away. */
  readonly redis?: Redis;
  /** Of the keys in Redis. */
  readonly prefix: string;
  /** How many failures a minute an address or a name may have. */
  readonly mostPerMinute: number;
}

/** Who failed. */
export interface Origin {
  /** Of the client, as far as it can be known. */
  readonly address: string;
  /** The name that it claimed, where its kind of credential has one. */
  readonly name?: string;
}

/** Counts failures, by the client's address and by the name that it claims, across replicas. */
export class Failures {
  readonly #limiter: RateLimiterMemory | RateLimiterRedis;

  constructor({ redis, prefix, mostPerMinute }: FailuresOptions) {
    const limits = { points: mostPerMinute, duration: windowSeconds };
    const memory = new RateLimiterMemory(limits);
    this.#limiter = redis
      ? new RateLimiterRedis({
          ...limits,
          storeClient: redis,
          keyPrefix: `${prefix}:failures`,
          insuranceLimiter: memory,
          rejectIfRedisNotReady: true,
          // A flood is counted here, and no longer there.
          inMemoryBlockOnConsumed: mostPerMinute + 1,
        })
      : memory;
  }

  /** @returns seconds until failures are counted anew; nothing where there may be some more before */
  async spent(origin: Origin): Promise<number | undefined> {
    const found = await Promise.all(keysOf(origin).map((key) => this.#limiter.get(key)));
    return longest(found.filter((result) => result !== null && result.remainingPoints <= 0));
  }

  /** Notes a failure. @returns as `spent`, where there have been too many */
  async note(origin: Origin): Promise<number | undefined> {
    const noted = await Promise.all(keysOf(origin).map((key) => this.#consume(key)));
    return longest(noted);
  }

  async #consume(key: string): Promise<RateLimiterRes | undefined> {
    try {
      await this.#limiter.consume(key);
      return undefined;
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return refused;
      throw refused;
    }
  }
}

/** Digests: people type their password where their name belongs, and names may have any length. */
function keysOf({ address, name }: Origin): readonly string[] {
  const named = name === undefined ? [] : [`name:${createHash('sha256').update(name).digest('base64url')}`];
  return [`address:${clientNetwork(address)}`, ...named];
}

function longest(results: readonly (RateLimiterRes | null | undefined)[]): number | undefined {
  const waits = results.filter((result) => result != null).map(({ msBeforeNext }) => Math.ceil(msBeforeNext / 1_000));
  return waits.length === 0 ? undefined : Math.max(1, ...waits);
}
