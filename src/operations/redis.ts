import { Redis } from 'ioredis';
import type { Logger } from '../observability/logger.js';

/** A connection for requests: a command that Redis does not answer ends by itself. */
export function requestConnection(url: string, log: Logger): Redis {
  return connect(url, { maxRetriesPerRequest: 1, commandTimeout: 2_000 }, log);
}

/** A connection for workers: it waits for Redis as long as that takes. */
export function workerConnection(url: string, log: Logger): Redis {
  return connect(url, { maxRetriesPerRequest: null }, log);
}

function connect(url: string, options: object, log: Logger): Redis {
  const redis = new Redis(url, { ...options, retryStrategy: (attempt: number) => Math.min(100 * attempt, 1_000) });
  let said = false;
  redis.on('error', (error) => {
    // Once an outage, not once an attempt.
    if (!said) log.warn({ err: error }, 'Redis cannot be reached');
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
