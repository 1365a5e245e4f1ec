import type { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';

const windowMilliseconds = 1_000;

export interface RequestRateOptions {
  /** Where replicas count together; each counts for itself where there is none, and while it is away. */
  readonly redis?: Redis;
  /** Of the keys in Redis. */
  readonly prefix: string;
  /** How many requests a second one platform may send; 0 for any number. */
  readonly mostPerSecond: number;
}

/** What one platform has sent in the second that runs. */
interface Count {
  endsAt: number;
  /** By all replicas, as far as is known here. */
  all: number;
  /** By this one, and not yet told to the others. */
  untold: number;
  isTelling: boolean;
}

/**
 * Counts requests by platform. It decides by what this process knows, so that no request waits for Redis; what it counted
 * it tells there, and hears what the other replicas did, one message at a time. So replicas that share a limit may
 * together let through a little more than that.
 */
export class RequestRate {
  readonly #counts = new Map<string, Count>();
  readonly #shared: RateLimiterRedis | undefined;
  readonly #mostPerSecond: number;

  constructor({ redis, prefix, mostPerSecond }: RequestRateOptions) {
    this.#mostPerSecond = mostPerSecond;
    this.#shared =
      redis &&
      new RateLimiterRedis({
        storeClient: redis,
        keyPrefix: `${prefix}:requests`,
        points: Math.max(1, mostPerSecond),
        duration: windowMilliseconds / 1_000,
        rejectIfRedisNotReady: true,
      });
  }

  /** Counts a request. @returns seconds after which to ask again, where it is one too many */
  take(platform: string, now = performance.now()): number | undefined {
    if (this.#mostPerSecond === 0) return undefined;
    const count = this.#countOf(platform, now);
    if (count.all + count.untold >= this.#mostPerSecond) return Math.max(1, Math.ceil((count.endsAt - now) / 1_000));
    count.untold += 1;
    if (this.#shared && !count.isTelling) void this.#tell(this.#shared, platform, count);
    return undefined;
  }

  /** Platforms are as many as there are credentials, so that none need be forgotten. */
  #countOf(platform: string, now: number): Count {
    const known = this.#counts.get(platform);
    if (known && now < known.endsAt) return known;
    const fresh = { endsAt: now + windowMilliseconds, all: 0, untold: 0, isTelling: false };
    this.#counts.set(platform, fresh);
    return fresh;
  }

  async #tell(shared: RateLimiterRedis, platform: string, count: Count): Promise<void> {
    count.isTelling = true;
    const told = count.untold;
    count.untold = 0;
    count.all += told;
    try {
      const { consumedPoints, msBeforeNext } = await shared.penalty(platform, told);
      count.all = Math.max(count.all, consumedPoints);
      // The second of the others, from now on.
      count.endsAt = Math.min(count.endsAt, performance.now() + Math.max(0, msBeforeNext));
    } catch {
      // Redis is away, which its connection tells: we count for ourselves.
    } finally {
      count.isTelling = false;
    }
  }
}
