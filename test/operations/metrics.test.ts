import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/operations/errors.js';
import { done, wait } from '../../src/operations/step.js';
import type { Sold } from '../support/broker-driver.js';
import type { BrokerProcess } from '../support/broker-process.js';
import { eventually } from '../support/eventually.js';
import { RedisProcess } from '../support/redis-process.js';
import { Scrape } from '../support/scrape.js';
import { StoreProcess } from '../support/store-process.js';
import { StubBroker } from '../support/stub-broker.js';
import { StubProcesses } from '../support/stub-processes.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/* What Prometheus would scrape, of brokers that have done something. */

const secret = 'canary-of-a-parameter';
const provision = { service: 'stub', kind: 'provision' };

describe('a broker that has worked', () => {
  let stub: StubBroker;
  let sold: Sold;
  beforeAll(async () => {
    stub = await StubBroker.start({ HOLDFAST_SYNCHRONOUS_SECONDS: '0' });
    sold = await stub.driver.sold('stub', 'small');
    let looks = 0;
    stub.service.behaviour = async ({ instanceId, key }) => {
      if (instanceId === 'refuses') throw new UserError('the stub cannot do that');
      if (instanceId === 'waits' && key === 'first' && ++looks === 1) return wait('not there yet');
      return done;
    };
    for (const id of ['good', 'waits', 'refuses']) {
      await stub.driver.provision(id, { ...sold, parameters: { colour: secret } });
      await stub.driver.poll(id, { seconds: 20 });
    }
  });
  afterAll(() => stub.end());

  it('tells how its operations ended, and how long they took', async () => {
    const scrape = await Scrape.of(stub.url);
    const ended = (state: string) => scrape.value('holdfast_operations_ended_total', { ...provision, state });
    expect([ended('succeeded'), ended('failed'), ended('superseded')]).toEqual([2, 1, 0]);
    expect(scrape.value('holdfast_operation_duration_seconds_count', { ...provision, state: 'succeeded' })).toBe(2);
    expect(scrape.value('holdfast_operation_duration_seconds_sum', provision)).toBeGreaterThan(0.5);
  });

  it('tells of each step what its runs came to, and how long it took with its waits', async () => {
    const scrape = await Scrape.of(stub.url);
    const runs = (outcome: string) => scrape.value('holdfast_step_runs_total', { step: 'first', outcome });
    expect([runs('done'), runs('wait'), runs('failed'), runs('retry')]).toEqual([2, 1, 1, undefined]);
    expect(scrape.value('holdfast_step_duration_seconds_count', { ...provision, step: 'third' })).toBe(2);
    expect(scrape.value('holdfast_step_duration_seconds_sum', { ...provision, step: 'first' })).toBeGreaterThan(0.5);
    expect(scrape.value('holdfast_step_duration_seconds_sum', { ...provision, step: 'third' })).toBeLessThan(0.5);
  });

  it('tells how long requests, the store and Redis took', async () => {
    const scrape = await Scrape.of(stub.url);
    const route = '/v2/service_instances/:instance_id';
    const asked = { method: 'PUT', route, status: '202' };
    expect(scrape.value('holdfast_http_request_duration_seconds_count', asked)).toBe(3);
    for (const command of ['find', 'aggregate', 'commitTransaction']) {
      const labels = { command, outcome: 'succeeded' };
      expect(scrape.value('holdfast_store_command_duration_seconds_count', labels)).toBeGreaterThan(0);
    }
    expect(scrape.value('holdfast_redis_command_duration_seconds_count', { command: 'evalsha' })).toBeGreaterThan(0);
    expect(scrape.value('holdfast_redis_command_duration_seconds_count', { command: 'bzpopmin' })).toBeUndefined();
  });

  it('tells of the rounds of its reconciler', async () => {
    const tasks = stub.broker.engine?.tasks ?? [];
    expect(tasks).toContain('count-instances');
    const ran = async (task: string) =>
      (await Scrape.of(stub.url)).value('holdfast_reconciler_task_duration_seconds_count', { task }) ?? 0;
    for (const task of tasks) await eventually(async () => (await ran(task)) > 0);
    const scrape = await Scrape.of(stub.url);
    expect(scrape.value('holdfast_reconciler_findings_total', { task: 'seal-audit' })).toBeGreaterThan(0);
    expect(scrape.value('holdfast_reconciler_task_failures_total')).toBe(0);
    expect(scrape.value('holdfast_audit_deviations_total')).toBe(0);
  });

  it('tells of the queue, and of what waits in the store', async () => {
    stub.service.behaviour = async () => wait('held');
    await stub.driver.provision('held', sold);
    const running = { state: 'running' };
    await eventually(async () => (await Scrape.of(stub.url)).value('holdfast_operations_active', running) === 1);
    await eventually(async () => (await Scrape.of(stub.url)).value('holdfast_queue_jobs', { state: 'delayed' }) === 1);
    const age = async () => (await Scrape.of(stub.url)).value('holdfast_operations_oldest_age_seconds', running) ?? 0;
    await eventually(async () => (await age()) > 3);
    const scrape = await Scrape.of(stub.url);
    expect(scrape.value('holdfast_operations_active', { state: 'queued' })).toBe(0);
    expect(scrape.value('holdfast_operations_oldest_age_seconds', { state: 'queued' })).toBe(0);
    expect(scrape.value('holdfast_operations_undelivered_seconds')).toBeLessThan(2);
    expect(scrape.value('holdfast_audit_unsealed_age_seconds')).toBeLessThan(5);
    expect(scrape.value('holdfast_dependency_up', { dependency: 'redis' })).toBe(1);
  });

  it('tells of a deletion that takes the lease of what runs', async () => {
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let isRunning = false;
    stub.service.behaviour = async ({ verb }) => {
      if (verb !== 'bind') return done;
      isRunning = true;
      await held;
      return done;
    };
    await stub.driver.bind('good', 'b', sold);
    await eventually(() => isRunning);
    await stub.driver.deprovision('good', sold);
    goOn();
    await stub.driver.poll('good', { seconds: 20 });
    const taken = { service: 'stub', kind: 'bind', reason: 'taken' };
    const lost = async () => (await Scrape.of(stub.url)).value('holdfast_leases_lost_total', taken);
    await eventually(async () => (await lost()) === 1);
    const superseded = { service: 'stub', kind: 'bind', state: 'superseded' };
    expect((await Scrape.of(stub.url)).value('holdfast_operations_ended_total', superseded)).toBe(1);
  });

  it('tells nothing that is secret, and no id', async () => {
    const { text } = await Scrape.of(stub.url);
    const [instance] = await stub.broker.store.instances.find().toArray();
    for (const word of [secret, 'refuses', 'key-1', String(instance?._id), String(instance?.lastOperation)])
      expect(text).not.toContain(word);
  });

  it('tells how many instances there are, where it counts them', async () => {
    await stub.stop();
    stub = await StubBroker.start({}, stub);
    const instances = async (phase: string) =>
      (await Scrape.of(stub.url)).value('holdfast_instances', { service: 'stub', plan: 'small', phase });
    // Ten seconds later where the first tick fails.
    await eventually(async () => (await instances('ready')) === 1, 30_000);
    expect(await instances('failed')).toBe(1);
    expect(await instances('deleted')).toBeUndefined();
  });
});

describe('in each role, without what it needs', () => {
  const soonMilliseconds = 3_000;
  const folder = temporaryFolder('metrics');
  let store: StoreProcess;
  let redis: RedisProcess;
  let processes: StubProcesses;
  let brokers: readonly BrokerProcess[];
  beforeAll(async () => {
    [store, redis] = await Promise.all([StoreProcess.start(folder), RedisProcess.start()]);
    processes = new StubProcesses({ storeUrl: store.url, redisUrl: redis.url });
    brokers = await Promise.all(['api', 'worker'].map((HOLDFAST_ROLE) => processes.start({ HOLDFAST_ROLE })));
  }, 120_000);
  afterAll(async () => {
    await processes.end();
    await Promise.all([store.remove(), redis.remove()]);
  });

  /** Every answer on the way there has to come soon. */
  async function until(isSo: (scrape: Scrape) => boolean): Promise<readonly Scrape[]> {
    let scrapes: readonly Scrape[] = [];
    await eventually(async () => {
      scrapes = await Promise.all(brokers.map(({ url }) => Scrape.of(url)));
      for (const { milliseconds } of scrapes) expect(milliseconds).toBeLessThan(soonMilliseconds);
      return scrapes.every(isSo);
    }, 20_000);
    return scrapes;
  }

  const untilUp = (dependency: string, up: number) =>
    until((scrape) => scrape.value('holdfast_dependency_up', { dependency }) === up);

  const figures = ['active', 'oldest_age_seconds', 'undelivered_seconds'].map((name) => `holdfast_operations_${name}`);
  const told = (scrape: Scrape, names: readonly string[]) => names.filter((name) => scrape.value(name) !== undefined);

  it('tells that Redis is down, and what the store says; then the queue again', async () => {
    await redis.kill();
    for (const scrape of await untilUp('redis', 0)) {
      expect(scrape.value('holdfast_dependency_up', { dependency: 'store' })).toBe(1);
      expect(scrape.value('holdfast_queue_jobs')).toBeUndefined();
      expect(told(scrape, figures)).toEqual(figures);
    }
    await redis.restart();
    // What was read is kept for some seconds, each by itself.
    await untilUp('redis', 1);
    await until((scrape) => scrape.value('holdfast_queue_jobs') === 0);
  });

  it('tells that the store is down, and nothing that only the store knows', async () => {
    await store.kill();
    for (const scrape of await untilUp('store', 0)) {
      expect(told(scrape, [...figures, 'holdfast_audit_unsealed_age_seconds'])).toEqual([]);
      expect(scrape.value('holdfast_http_request_duration_seconds_count')).toBeGreaterThan(0);
      expect(scrape.value('holdfast_store_command_duration_seconds_count')).toBeGreaterThan(0);
    }
    await store.restart();
    await untilUp('store', 1);
  });
});
