import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OperationQueue } from '../../src/operations/queue.js';
import { requestConnection } from '../../src/operations/redis.js';
import { eventually } from '../support/eventually.js';
import { RedisProcess } from '../support/redis-process.js';

const log = pino({ level: 'silent' });
let redis: RedisProcess;
let connection: Redis;
let queue: OperationQueue;
beforeEach(async () => {
  redis = await RedisProcess.start();
  connection = requestConnection(redis.url, log);
  queue = new OperationQueue(connection, 'test', log);
});
afterEach(async () => {
  await queue.close();
  connection.disconnect();
  await redis.remove();
});

const isConnected = () => connection.status === 'ready';
const outages: readonly [string, () => Promise<void>][] = [
  [
    'does not answer for a while',
    async () => {
      await expect(queue.add('a')).rejects.toThrow('timed out');
      process.kill(redis.pid, 'SIGCONT');
    },
  ],
  [
    'is killed',
    async () => {
      const added = expect(queue.add('a')).rejects.toThrow(/max retries|closed/);
      await redis.kill();
      await added;
      await redis.restart();
    },
  ],
];

describe('the queue of a broker', () => {
  // Whoever connected hears of it before the queue has asked anything.
  it.each(outages)('works again after a Redis that %s when it was just connected', async (_, outage) => {
    await new Promise<void>((resolve) => connection.once('ready', resolve));
    process.kill(redis.pid, 'SIGSTOP');
    await outage();
    await eventually(isConnected);
    await vi.waitFor(() => queue.countJobs(), { timeout: 10_000 });
    await queue.add('b');
    const { wait, ...others } = await queue.countJobs();
    expect(others).toMatchObject({ active: 0, delayed: 0 });
    expect(wait).toBeGreaterThan(0);
  });

  it('says so where Redis is not there', async () => {
    await eventually(isConnected);
    await redis.kill();
    await eventually(() => !isConnected());
    await expect(queue.add('a')).rejects.toThrow(/^Redis is not connected/);
    await expect(queue.countJobs()).rejects.toThrow(/^Redis is not connected/);
  });
});
