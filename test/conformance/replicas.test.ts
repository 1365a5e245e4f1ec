import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { RedisProcess } from '../support/redis-process.js';
import { StubBroker } from '../support/stub-broker.js';

/* What replicas count together, in Redis; and that its absence lets nobody in, and keeps nobody out. */

const brokers: StubBroker[] = [];
let redis: RedisProcess | undefined;
afterEach(async () => {
  for (const broker of brokers.slice(1)) await broker.stop();
  await brokers[0]?.end();
  brokers.length = 0;
  await redis?.kill();
  redis = undefined;
});

async function start(environment: NodeJS.ProcessEnv): Promise<StubBroker> {
  const broker = await StubBroker.start({ HOLDFAST_ROLE: 'api', ...environment }, brokers[0]);
  brokers.push(broker);
  // What is counted before the connection is there is counted by each for itself.
  await broker.broker.checkRedis();
  return broker;
}

async function ask({ url }: StubBroker, password: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`platform:${password}`).toString('base64')}`;
  const headers = { authorization, 'x-broker-api-version': '2.17' };
  return (await fetch(`${url}/v2/catalog`, { headers })).status;
}

test('failures on one replica are remembered by another, and the right password passes on both', async () => {
  const limit = { HOLDFAST_AUTHENTICATION_FAILURES_PER_MINUTE: '3' };
  const [one, other] = [await start(limit), await start(limit)];
  const seen: number[] = [];
  for (const broker of [one, other, one, other, one]) seen.push(await ask(broker, 'wrong'));
  expect(seen).toEqual([401, 401, 401, 429, 429]);
  expect([await ask(one, 'secret'), await ask(other, 'secret')]).toEqual([200, 200]);
});

test('a platform’s requests are counted by replicas together', async () => {
  const limit = { HOLDFAST_RATE_LIMIT_PER_SECOND: '3' };
  const [one, other] = [await start(limit), await start(limit)];
  // Three a second are too many only for whoever knows of those that the other replica was sent.
  await eventually(async () => {
    const load = Promise.all(Array.from({ length: 30 }, () => ask(one, 'secret')));
    const statuses = [await ask(other, 'secret'), await ask(other, 'secret'), await ask(other, 'secret')];
    await load;
    await sleep(1_000);
    return statuses.includes(429);
  }, 30_000);
});

test('without Redis each replica counts for itself, and the right password passes', async () => {
  redis = await RedisProcess.start();
  const broker = await start({
    HOLDFAST_REDIS_URL: redis.url,
    HOLDFAST_AUTHENTICATION_FAILURES_PER_MINUTE: '3',
    HOLDFAST_RATE_LIMIT_PER_SECOND: '20',
  });
  await redis.kill();
  const seen: number[] = [];
  for (let i = 0; i < 5; i++) seen.push(await ask(broker, 'wrong'));
  expect(seen).toEqual([401, 401, 401, 429, 429]);
  expect(await ask(broker, 'secret')).toBe(200);
  const burst = await Promise.all(Array.from({ length: 100 }, () => ask(broker, 'secret')));
  expect(new Set(burst)).toEqual(new Set([200, 429]));
});

test('Redis holds neither names nor passwords', async () => {
  const broker = await start({});
  const authorization = `Basic ${Buffer.from('canary-name:canary-password').toString('base64')}`;
  const answer = await fetch(`${broker.url}/v2/catalog`, { headers: { authorization } });
  expect(answer.status).toBe(401);
  const keys = await broker.broker.requestRedis.keys(`${broker.scratch.queuePrefix}:failures:*`);
  expect(keys.length).toBe(2);
  expect(keys.join()).not.toContain('canary');
});
