import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from '../observability/logger.js';
import { sentinelFaults, sentinelOptions } from './redis-sentinel.js';

/** A connection for requests: a command that Redis does not answer ends by itself. */
export function requestConnection(url: string, log: Logger): Redis {
  return connect(url, { maxRetriesPerRequest: 1, commandTimeout: 2_000 }, log);
}

/** A connection for workers: it waits for Redis as long as that takes. */
export function workerConnection(url: string, log: Logger): Redis {
  return connect(url, { maxRetriesPerRequest: null }, log);
}

/** A connection to what a URL names, or to the primary that its Sentinels name. */
export function openRedis(url: string, options: RedisOptions = {}): Redis {
  const sentinel = sentinelOptions(url);
  return sentinel ? new Redis({ ...sentinel, ...options }) : new Redis(url, options);
}

function connect(url: string, options: RedisOptions, log: Logger): Redis {
  const delay = (attempt: number) => Math.min(100 * attempt, 1_000);
  const redis = openRedis(url, { ...options, retryStrategy: delay, sentinelRetryStrategy: delay });
  const say = async (error: Error) => {
    const sentinels = await sentinelFaults(redis.options);
    log.warn({ err: error, ...(sentinels.length > 0 && { sentinels }) }, 'Redis cannot be reached');
  };
  let said = false;
  redis.on('error', (error) => {
    // Once an outage, not once an attempt.
    if (!said) void say(error);
    said = true;
  });
  redis.on('ready', () => {
    said = false;
  });
  return redis;
}

/** BullMQ loses jobs in a Redis that evicts keys. Says so, since the broker cannot set it in a Redis of others. */
export async function checkEvictionPolicy(redis: Redis, log: Logger): Promise<void> {
  try {
    const [, policy] = (await redis.config('GET', 'maxmemory-policy')) as string[];
    if (policy !== undefined && policy !== 'noeviction') {
      log.warn({ policy }, 'Redis may evict jobs: set its maxmemory-policy to noeviction');
    }
  } catch (error) {
    log.debug({ err: error }, 'Redis does not tell its maxmemory-policy');
  }
}
