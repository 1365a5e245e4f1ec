import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Readiness } from '../../src/observability/health.js';
import type { BrokerProcess } from '../support/broker-process.js';
import { eventually } from '../support/eventually.js';
import { KeepAlivePlatform } from '../support/keep-alive-platform.js';
import { isFull } from '../support/recovery-size.js';
import { StubProcesses } from '../support/stub-processes.js';
import { TcpBalancer } from '../support/tcp-balancer.js';

const drainSeconds = isFull ? 5 : 2;
const rounds = isFull ? 2 : 1;
const platforms = 9;

let processes: StubProcesses;
let balancer: TcpBalancer;
beforeEach(async () => {
  processes = new StubProcesses();
  balancer = await TcpBalancer.start();
});
afterEach(async () => {
  balancer.stop();
  await processes.end();
});

const portOf = ({ url }: BrokerProcess) => Number(new URL(url).port);

async function start(role: 'api' | 'worker'): Promise<BrokerProcess> {
  return await processes.start({
    HOLDFAST_ROLE: role,
    HOLDFAST_DRAIN_SECONDS: String(drainSeconds),
    STUB_STEP_MILLISECONDS: '30',
  });
}

/** Ends a process in good order, and starts another in its place. */
async function replace(role: 'api' | 'worker', old: BrokerProcess): Promise<BrokerProcess> {
  expect(await old.terminate()).toEqual({ code: 0, signal: null });
  expect(old.log.at(-1)?.msg).toBe('stopped');
  expect(old.log.filter(({ level }) => level === 'error')).toEqual([]);
  const next = await start(role);
  if (role === 'api') await balancer.replace(portOf(old), portOf(next));
  return next;
}

async function replaceEach(role: 'api' | 'worker', brokers: readonly BrokerProcess[]): Promise<void> {
  let current = brokers;
  for (let round = 0; round < rounds; round++) {
    const next: BrokerProcess[] = [];
    for (const broker of current) next.push(await replace(role, broker));
    current = next;
  }
}

describe('an API that is asked to stop', () => {
  it('is not ready any more, and still serves for a while, the last time on each connection', async () => {
    const api = await start('api');
    const driver = processes.driver(api);
    const ready = () => driver.raw<Readiness>('GET', '/health/ready');
    expect(await ready()).toMatchObject({ status: 200, body: { status: 'ok' } });
    const ended = api.terminate();
    await eventually(async () => (await ready()).status === 503);
    expect((await ready()).body.status).toBe('stopping');
    const { status, headers } = await driver.catalog();
    expect([status, headers.get('connection')]).toEqual([200, 'close']);
    expect(await ended).toEqual({ code: 0, signal: null });
  });
});

describe('a rolling restart of two APIs and two workers under load', () => {
  it('fails no request, and loses no operation', { timeout: 300_000 }, async () => {
    const [first, second, ...workers] = await Promise.all((['api', 'api', 'worker', 'worker'] as const).map(start));
    if (!first || !second) throw new Error('no API has started');
    const apis = [first, second];
    await balancer.use(apis.map(portOf));
    const sold = await processes.driver(first).sold('stub', 'small');
    const options = { port: balancer.port, ...processes.platform, sold };
    const load = Array.from(
      { length: platforms },
      // Some ask all the time, some have a connection that is idle now and then.
      (_, index) => new KeepAlivePlatform(`p${index}`, { ...options, pauseMilliseconds: index % 3 ? 20 : 400 }),
    );
    try {
      await Promise.all([replaceEach('api', apis), replaceEach('worker', workers)]);
    } finally {
      await Promise.all(load.map((platform) => platform.stop()));
    }
    expect(load.flatMap(({ failures }) => failures)).toEqual([]);
    const accepted = load.flatMap(({ operations }) => [...operations]);
    const { operations } = processes.store;
    await eventually(async () => (await operations.countDocuments({ active: true })) === 0, 30_000);
    expect(await operations.countDocuments({ _id: { $in: accepted }, state: 'succeeded' })).toBe(accepted.length);
    expect(await operations.countDocuments({ state: { $ne: 'succeeded' } })).toBe(0);
    const sum = (of: 'requests' | 'connections') => load.reduce((total, platform) => total + platform[of], 0);
    process.stdout.write(
      `rolling restart: ${sum('requests')} requests over ${sum('connections')} connections, ${accepted.length} operations\n`,
    );
    // Each platform met every API on its way out.
    expect(sum('connections')).toBeGreaterThan(platforms * rounds);
    expect(accepted.length).toBeGreaterThan(platforms);
  });
});
