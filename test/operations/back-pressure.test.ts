import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OperationRecord } from '../../src/store/records.js';
import { percentile } from '../recovery/report.js';
import type { BrokerDriver, Sold } from '../support/broker-driver.js';
import type { BrokerProcess } from '../support/broker-process.js';
import { eventually } from '../support/eventually.js';
import { isFull } from '../support/recovery-size.js';
import { RedisProcess } from '../support/redis-process.js';
import { residentBytes } from '../support/resident-memory.js';
import { StubProcesses } from '../support/stub-processes.js';

/** Far more provisions than may run at once, of a service that is done at once, by a broker that is a process of its own. */

const provisions = isFull ? 5_000 : 300;
const atOnce = 5;
const clients = 20;
const patience = isFull ? 500_000 : 100_000;

/** Of the broker's memory while they are worked off, to when a fifth is accepted; what a moment's garbage takes is not told. */
const mostGrowth = isFull ? 1.3 : 2;
const mostRedisBytesEach = 4_096;

let processes: StubProcesses;
let redis: RedisProcess;
beforeEach(async () => {
  processes = new StubProcesses();
  redis = await RedisProcess.start();
});
afterEach(async () => {
  await processes.end();
  await redis.remove();
});

const memoryOf = ({ pid }: BrokerProcess): number => residentBytes(pid) ?? Number.NaN;

const queued = () => processes.store.operations.countDocuments({ state: 'queued' });

/** Asks for instances, some at once, in the order of their numbers. */
async function provisionMany(driver: BrokerDriver, sold: Sold, { first, last }: { first: number; last: number }) {
  let next = first;
  const client = async () => {
    while (next < last) expect((await driver.provision(`i${next++}`, sold)).status).toBe(202);
  };
  await Promise.all(Array.from({ length: clients }, client));
}

/** How many of those accepted before it an operation started before, at most. */
function mostOvertaken(inOrder: readonly OperationRecord[]): number {
  const starts = inOrder.map(({ startedAt }) => Number(startedAt));
  return Math.max(...starts.map((start, place) => starts.slice(0, place).filter((other) => other > start).length));
}

/** How many ran at the same time, at most. */
function mostAtOnce(operations: readonly OperationRecord[]): number {
  const moments = operations.flatMap(({ startedAt, endedAt }) => [
    { at: Number(startedAt), change: 1 },
    { at: Number(endedAt), change: -1 },
  ]);
  let running = 0;
  // In one millisecond, ends come first.
  const counts = moments
    .sort((one, other) => one.at - other.at || one.change - other.change)
    .map(({ change }) => (running += change));
  return Math.max(...counts);
}

describe(`${provisions} provisions at once`, () => {
  it('are worked off in order, and hold up neither binds nor deletes', { timeout: patience + 60_000 }, async () => {
    const broker = await processes.start({
      HOLDFAST_MAXIMUM_CONCURRENT_PROVISIONS: String(atOnce),
      HOLDFAST_REDIS_URL: redis.url,
    });
    const driver = processes.driver(broker);
    const sold = await driver.sold('stub', 'small');
    for (const id of ['bound', 'deleted']) {
      await driver.provision(id, sold);
      await driver.poll(id, { seconds: 30 });
    }
    const client = new Redis(redis.url);
    const redisMemory = async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
    const emptyRedis = await redisMemory();

    const began = performance.now();
    await provisionMany(driver, sold, { first: 0, last: provisions / 5 });
    const memoryAtFirst = memoryOf(broker);
    await provisionMany(driver, sold, { first: provisions / 5, last: provisions });
    const accepted = performance.now();
    const memories = [memoryOf(broker)];
    const waiting = await queued();
    const redisBytesEach = ((await redisMemory()) - emptyRedis) / waiting;

    await Promise.all([
      driver.bind('bound', 'b', sold).then(() => driver.poll('bound', { bindingId: 'b', seconds: 60 })),
      driver.deprovision('deleted', sold).then(() => driver.poll('deleted', { seconds: 60 })),
      driver.deprovision(`i${provisions - 1}`, sold).then(() => driver.poll(`i${provisions - 1}`, { seconds: 60 })),
    ]);
    const stillWaiting = await queued();

    const { operations } = processes.store;
    await eventually(async () => {
      memories.push(memoryOf(broker));
      return (await operations.countDocuments({ active: true })) === 0;
    }, patience);
    const ended = performance.now();
    client.disconnect();

    const ofInstances = { kind: 'provision' as const, state: 'succeeded' as const };
    const all = await operations.find(ofInstances).sort({ acceptedAt: 1, _id: 1 }).toArray();
    const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`;
    process.stdout.write(
      [
        `${provisions} provisions: accepted in ${Math.round(accepted - began)} ms, over after ${Math.round(ended - began)} ms`,
        `${Math.round((waiting * 1_000) / (ended - accepted))} a second were worked off; ${waiting} waited, ${stillWaiting} still after the binds and deletes`,
        `memory ${megabytes(memoryAtFirst)}, then ${megabytes(percentile(memories, 0.5))}, ${megabytes(Math.max(...memories))} at most; Redis ${Math.round(redisBytesEach)} bytes each\n`,
      ].join('\n'),
    );
    // The last one was deleted while it waited.
    expect(all).toHaveLength(provisions + 1);
    expect(await operations.countDocuments({ kind: 'deprovision', state: 'succeeded' })).toBe(2);
    expect(stillWaiting).toBeGreaterThan(waiting / 2);
    expect(mostAtOnce(all)).toBeLessThanOrEqual(atOnce);
    // Those that have a place may start in any order; those that were accepted at the same time are seen in any order.
    expect(mostOvertaken(all)).toBeLessThan(atOnce + clients);
    expect(percentile(memories, 0.5)).toBeLessThan(memoryAtFirst * mostGrowth);
    expect(redisBytesEach).toBeLessThan(mostRedisBytesEach);
  });
});
