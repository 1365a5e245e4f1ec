import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { openRedis } from '../../src/operations/redis.js';

/** A database and a queue of a test's own, in the store and the Redis that run; gone when the test is. */
export interface Scratch {
  readonly storeUrl: string;
  readonly redisUrl: string;
  readonly queuePrefix: string;
  remove(): Promise<void>;
}

/** @param own a store or a Redis of the test's own, instead of those that run */
export function scratch(own: Partial<Pick<Scratch, 'storeUrl' | 'redisUrl'>> = {}): Scratch {
  const name = `holdfast-test-${randomBytes(6).toString('hex')}`;
  const store = new URL(own.storeUrl ?? required('HOLDFAST_STORE_URL'));
  store.pathname = `/${name}`;
  store.searchParams.set('authSource', 'admin');
  const redisUrl = own.redisUrl ?? required('HOLDFAST_REDIS_URL');
  return {
    storeUrl: store.href,
    redisUrl,
    queuePrefix: name,
    remove: async () => {
      await dropDatabase(store.href);
      await dropKeys(redisUrl, `${name}:*`);
    },
  };
}

export function required(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: the suite's global setup sets it`);
  return value;
}

async function dropDatabase(url: string): Promise<void> {
  const client = new MongoClient(url);
  await client.db().dropDatabase();
  await client.close();
}

async function dropKeys(url: string, pattern: string): Promise<void> {
  const redis = openRedis(url);
  for await (const keys of redis.scanStream({ match: pattern, count: 1_000 })) {
    if (keys.length > 0) await redis.del(...(keys as string[]));
  }
  redis.disconnect();
}
