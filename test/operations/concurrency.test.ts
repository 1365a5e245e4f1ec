import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/observability/logger.js';
import { Reconciler } from '../../src/operations/reconciler.js';
import { done, wait } from '../../src/operations/step.js';
import { Locks } from '../../src/store/locks.js';
import type { Answer, BrokerDriver, Sold } from '../support/broker-driver.js';
import { eventually } from '../support/eventually.js';
import { StubBroker } from '../support/stub-broker.js';
import type { TaskRun } from '../support/stub-main.js';
import { StubProcesses } from '../support/stub-processes.js';

/** The same, and not quite the same, asked of two brokers on one store by many clients at once. */

const clients = 50;
const colours = ['red', 'green', 'blue', 'white', 'grey'];
const roles = ['reader', 'writer', 'owner'];

type Answered = Answer<{ readonly operation?: string; readonly credentials?: object }>;

describe('fifty clients of two brokers on one store', () => {
  let brokers: readonly [StubBroker, StubBroker];
  let sold: Sold;
  let held = false;
  beforeEach(async () => {
    held = false;
    const first = await StubBroker.start();
    brokers = [first, await StubBroker.start({}, first)];
    sold = await first.driver.sold('stub', 'small');
    first.service.behaviour = async () => (held ? wait('held') : done);
  });
  afterEach(async () => {
    await brokers[1].stop();
    await brokers[0].end();
  });

  const at = (index: number): BrokerDriver => brokers[index % 2 === 0 ? 0 : 1].driver;
  const together = async (ask: (driver: BrokerDriver, index: number) => Promise<Answered>) =>
    await Promise.all(Array.from({ length: clients }, (_, index) => ask(at(index), index)));
  const ended = (bindingId?: string) => at(0).poll('i', { seconds: 30, ...(bindingId !== undefined && { bindingId }) });
  const ready = async () => {
    await at(0).provision('i', { ...sold, parameters: { colour: 'red' } });
    expect(await ended()).toMatchObject({ state: 'succeeded' });
  };
  const bound = async () => {
    await ready();
    await at(0).bind('i', 'b', sold);
    expect(await ended('b')).toMatchObject({ state: 'succeeded' });
  };
  const release = () => {
    held = false;
    for (const { broker } of brokers) broker.engine?.wakeups.notifyAll();
  };
  const statuses = (answers: readonly Answered[]) => new Set(answers.map(({ status }) => status));
  const operationsOf = (answers: readonly Answered[]) => new Set(answers.flatMap(({ body }) => body.operation ?? []));

  /** One operation of this kind, accepted once and ended once; answers that name an operation name this one. */
  async function isOneOperation(kind: 'provision' | 'update' | 'bind' | 'unbind' | 'deprovision', answers: Answered[]) {
    const { operations, auditEvents } = brokers[0].broker.store;
    await eventually(async () => (await operations.countDocuments({ active: true })) === 0, 30_000);
    const records = await operations.find({ kind }).toArray();
    expect(records).toHaveLength(1);
    expect([...operationsOf(answers)].filter((id) => id !== records[0]?._id)).toEqual([]);
    const events = await auditEvents.find({ kind }).toArray();
    expect(events.map(({ event }) => event).sort()).toEqual(['accepted', 'succeeded']);
    const steps = brokers[0].service.ran.filter(({ verb }) => verb === kind);
    expect(new Set(steps.map(({ key }) => key)).size).toBe(Object.keys(records[0]?.steps ?? {}).length);
  }

  it.each(['held', 'done at once'])('the same PUT: one instance, one operation (%s)', async (speed) => {
    held = speed === 'held';
    const answers = await together((driver) => driver.provision('i', sold));
    expect([...statuses(answers)].filter((status) => status !== 202 && status !== 200)).toEqual([]);
    expect(answers.filter(({ status, body }) => (status === 202) !== (body.operation !== undefined))).toEqual([]);
    if (held) expect(statuses(answers)).toEqual(new Set([202]));
    release();
    await isOneOperation('provision', answers);
    expect(await brokers[0].broker.store.instances.countDocuments()).toBe(1);
    expect(brokers[0].service.generated).toBe(1);
  });

  it('different PUTs: one wins, whoever asked for another form is told of the conflict', async () => {
    held = true;
    const answers = await together((driver, index) =>
      driver.provision('i', { ...sold, parameters: { colour: colours[index % colours.length] } }),
    );
    const won = new Set(
      answers.flatMap(({ status }, index) => (status === 202 ? colours[index % colours.length] : [])),
    );
    expect(won.size).toBe(1);
    for (const [index, { status }] of answers.entries()) {
      expect(status).toBe(won.has(colours[index % colours.length]) ? 202 : 409);
    }
    release();
    await isOneOperation('provision', answers);
    const { body } = await at(1).fetchInstance('i');
    expect(body.parameters).toEqual({ colour: [...won][0] });
  });

  it('different PATCHes: one runs, the same as that is the same operation, the others wait', async () => {
    await ready();
    held = true;
    const wanted = (index: number) => colours[1 + (index % (colours.length - 1))] ?? '';
    const answers = await together((driver, index) =>
      driver.update('i', { service_id: sold.service_id, parameters: { colour: wanted(index) } }),
    );
    const won = new Set(answers.flatMap(({ status }, index) => (status === 202 ? wanted(index) : [])));
    expect(won.size).toBe(1);
    for (const [index, { status }] of answers.entries()) expect(status).toBe(won.has(wanted(index)) ? 202 : 422);
    release();
    await isOneOperation('update', answers);
  });

  it('the same bind: one binding, one set of credentials', async () => {
    await ready();
    const answers = await together((driver) => driver.bind('i', 'b', sold));
    expect([...statuses(answers)].filter((status) => ![200, 201, 202].includes(status))).toEqual([]);
    await isOneOperation('bind', answers);
    const { body } = await at(0).fetchBinding('i', 'b');
    for (const { status, body: answered } of answers) {
      if (status !== 202) expect(answered.credentials).toEqual(body.credentials);
    }
    expect(await brokers[0].broker.store.bindings.countDocuments()).toBe(1);
  });

  it('different binds of one id: one wins, the others are told of the conflict', async () => {
    await ready();
    const role = (index: number) => roles[index % roles.length] ?? '';
    const answers = await together((driver, index) =>
      driver.bind('i', 'b', { ...sold, parameters: { role: role(index) } }),
    );
    const won = new Set(answers.flatMap(({ status }, index) => (status < 300 ? role(index) : [])));
    expect(won.size).toBe(1);
    for (const [index, { status }] of answers.entries())
      expect(status < 300 ? 'won' : status).toBe(won.has(role(index)) ? 'won' : 409);
    await isOneOperation('bind', answers);
  });

  it('binds of different ids: each is made, once', async () => {
    await ready();
    const answers = await together((driver, index) => driver.bind('i', `b${index}`, sold));
    expect([...statuses(answers)].filter((status) => status !== 201 && status !== 202)).toEqual([]);
    const { operations, bindings } = brokers[0].broker.store;
    await eventually(async () => (await operations.countDocuments({ active: true })) === 0, 30_000);
    expect(await bindings.countDocuments({ phase: 'ready' })).toBe(clients);
    expect(await operations.countDocuments({ kind: 'bind', state: 'succeeded' })).toBe(clients);
  });

  it('the same unbind: one operation; whoever comes late finds nothing', async () => {
    await bound();
    const answers = await together((driver) => driver.unbind('i', 'b', sold));
    expect([...statuses(answers)].filter((status) => ![200, 202, 410].includes(status))).toEqual([]);
    await isOneOperation('unbind', answers);
  });

  it('the same DELETE: one operation; whoever comes late finds nothing', async () => {
    await bound();
    const answers = await together((driver) => driver.deprovision('i', sold));
    expect([...statuses(answers)].filter((status) => status !== 202 && status !== 410)).toEqual([]);
    await isOneOperation('deprovision', answers);
    expect(await brokers[0].broker.store.bindings.countDocuments({ living: true })).toBe(0);
  });
});

describe('two reconcilers', () => {
  const longestTakeover = 10_000;
  let processes: StubProcesses;
  beforeEach(() => {
    processes = new StubProcesses();
  });
  afterEach(() => processes.end());

  it('one works; the other takes over when that is killed, and never beside it', { timeout: 120_000 }, async () => {
    const working = { HOLDFAST_ROLE: 'worker', STUB_TASK_MILLISECONDS: '20' };
    const both = await Promise.all([processes.start(working), processes.start(working)]);
    const collection = processes.store.database.collection<TaskRun>('task_runs');
    const runs = () => collection.find().sort({ startedAt: 1 }).toArray();
    await eventually(async () => (await collection.countDocuments()) >= 10, 20_000);
    const holders = new Set((await runs()).map(({ pid }) => pid));
    expect(holders.size).toBe(1);
    const first = both.find(({ pid }) => holders.has(pid));
    const second = both.find(({ pid }) => !holders.has(pid));
    await first?.kill();
    const killedAt = Date.now();
    await eventually(
      async () => (await collection.countDocuments({ pid: Number(second?.pid) })) >= 3,
      longestTakeover * 2,
    );

    const all = await runs();
    const turn = all.findIndex(({ pid }) => pid === second?.pid);
    expect(new Set(all.slice(turn).map(({ pid }) => pid))).toEqual(new Set([second?.pid]));
    expect(Number(all[turn]?.startedAt) - killedAt).toBeLessThan(longestTakeover);
    for (const [index, { startedAt }] of all.entries()) {
      const before = all[index - 1];
      // Only what the kill cut off has no end.
      if (before?.endedAt) expect(startedAt.getTime()).toBeGreaterThanOrEqual(before.endedAt.getTime());
      else expect(index === 0 || index === turn).toBe(true);
    }
  });

  it('in one that is stopped, the locks are given back: the other works at once', async () => {
    let works: string[] = [];
    const reconciler = (name: string) =>
      new Reconciler(
        [{ name: 'count', everyMilliseconds: 20, run: async () => works.push(name) }],
        new Locks(processes.store.database, name),
        createLogger('silent'),
      );
    const [first, second] = [reconciler('first'), reconciler('second')];
    first.start();
    await eventually(() => works.length > 3);
    second.start();
    await sleep(200);
    expect(new Set(works)).toEqual(new Set(['first']));
    await first.stop();
    works = [];
    await eventually(() => works.length > 3, 2_000);
    expect(new Set(works)).toEqual(new Set(['second']));
    await second.stop();
  });
});
