import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { done, wait } from '../../src/operations/step.js';
import type { OperationRecord } from '../../src/store/records.js';
import type { Sold } from '../support/broker-driver.js';
import { eventually } from '../support/eventually.js';
import { RedisProcess } from '../support/redis-process.js';
import { encryptionKeys, StubBroker } from '../support/stub-broker.js';

/** What happens to operations when something beside them fails, or two things happen at once. */

let stub: StubBroker;
let sold: Sold;
beforeEach(async () => {
  stub = await StubBroker.start();
  sold = await stub.driver.sold('stub', 'small');
});
afterEach(() => stub.end());

const ready = async (id = 'i') => {
  await stub.driver.provision(id, sold);
  await stub.driver.poll(id, { seconds: 15 });
};
const ran = (verb: string) => stub.service.ran.filter((step) => step.verb === verb);

describe('several brokers on one store', () => {
  it('share the work, and run each step once', async () => {
    const other = await StubBroker.start({}, stub);
    try {
      const ids = Array.from({ length: 20 }, (_, index) => `i${index}`);
      await Promise.all(ids.map((id, index) => (index % 2 ? stub : other).driver.provision(id, sold)));
      for (const id of ids) expect(await stub.driver.poll(id, { seconds: 30 })).toMatchObject({ state: 'succeeded' });
      const steps = ran('provision').map(({ instanceId, key }) => `${instanceId}/${key}`);
      expect(new Set(steps).size).toBe(20 * 4);
      expect(steps).toHaveLength(20 * 4);
    } finally {
      await other.stop();
    }
  });

  it('let at most so many provisions run at once, in the order of their acceptance', async () => {
    await stub.stop();
    const bound = { HOLDFAST_MAXIMUM_CONCURRENT_PROVISIONS: '2' };
    const pair = [await StubBroker.start(bound, stub), await StubBroker.start(bound, stub)] as const;
    try {
      let running = 0;
      let most = 0;
      stub.service.behaviour = async ({ key }) => {
        if (key === 'first') most = Math.max(most, ++running);
        await sleep(30);
        if (key === 'third') running--;
        return done;
      };
      const ids = Array.from({ length: 8 }, (_, index) => `i${index}`);
      for (const [index, id] of ids.entries()) await pair[index % 2 ? 0 : 1].driver.provision(id, sold);
      for (const id of ids) {
        expect(await pair[0].driver.poll(id, { seconds: 30 })).toMatchObject({ state: 'succeeded' });
      }
      expect(most).toBe(2);
      const starts = ran('provision')
        .filter(({ key }) => key === 'first')
        .map(({ instanceId }) => instanceId);
      // Two run side by side, so neighbours may change places.
      for (const [place, id] of starts.entries()) expect(Math.abs(ids.indexOf(id) - place)).toBeLessThanOrEqual(1);
    } finally {
      for (const broker of pair) await broker.stop();
      stub = await StubBroker.start({}, stub);
    }
  });

  it('let binds and deletes pass while provisions wait', async () => {
    await ready();
    await stub.stop();
    stub = await StubBroker.start({ HOLDFAST_MAXIMUM_CONCURRENT_PROVISIONS: '1' }, stub);
    stub.service.behaviour = async ({ verb }) => (verb === 'provision' ? wait('held') : done);
    await stub.driver.provision('blocker', sold);
    await stub.driver.provision('queued', sold);
    await eventually(async () => {
      const { body } = await stub.driver.lastOperation('queued');
      return body.description === 'waiting for other operations to end: it is next';
    });
    await stub.driver.bind('i', 'b', sold);
    expect(await stub.driver.poll('i', { bindingId: 'b', seconds: 10 })).toMatchObject({ state: 'succeeded' });
    await stub.driver.deprovision('queued', sold);
    expect(await stub.driver.poll('queued', { seconds: 10 })).toMatchObject({ state: 'succeeded' });
  });
});

describe('a deadline that passes while a step runs', () => {
  it('leaves the DELETE that follows waiting until the step has ended', async () => {
    const brief = await stub.driver.sold('stub', 'brief');
    const order: string[] = [];
    stub.service.behaviour = async ({ verb, context }) => {
      if (verb === 'provision') {
        await new Promise((resolve) => context.signal.addEventListener('abort', () => setTimeout(resolve, 500)));
      }
      order.push(verb);
      return done;
    };
    await stub.driver.provision('i', brief);
    expect(await stub.driver.poll('i', { seconds: 10 })).toMatchObject({ state: 'failed' });
    await stub.driver.deprovision('i', brief);
    expect(await stub.driver.poll('i', { seconds: 15 })).toMatchObject({ state: 'succeeded' });
    expect(order).toEqual(['provision', 'deprovision']);
  });
});

describe('a deprovision that fails', () => {
  it('leaves bindings that it superseded so that they can be deleted', async () => {
    const brief = await stub.driver.sold('stub', 'brief');
    await stub.driver.provision('i', brief);
    await stub.driver.poll('i', { seconds: 10 });
    stub.service.behaviour = async () => wait('stuck');
    await stub.driver.bind('i', 'b', brief);
    await stub.driver.deprovision('i', brief);
    expect(await stub.driver.poll('i', { seconds: 15 })).toMatchObject({ state: 'failed' });
    stub.service.behaviour = async () => done;
    expect([200, 202]).toContain((await stub.driver.unbind('i', 'b', brief)).status);
    expect(await stub.driver.poll('i', { bindingId: 'b', seconds: 10 })).toMatchObject({ state: 'succeeded' });
    expect((await stub.driver.deprovision('i', brief)).status).toBe(202);
    expect(await stub.driver.poll('i', { seconds: 10 })).toMatchObject({ state: 'succeeded' });
  });
});

describe('a DELETE of an instance while clients bind to it', () => {
  it('is accepted, and no binding survives it', async () => {
    await ready();
    let deleted = false;
    const client = async (name: number) => {
      for (let turn = 0; !deleted && turn < 200; turn++) await stub.driver.bind('i', `b-${name}-${turn}`, sold);
    };
    const clients = Promise.all(Array.from({ length: 10 }, (_, name) => client(name)));
    const { status } = await stub.driver.deprovision('i', sold);
    deleted = true;
    await clients;
    expect(status).toBe(202);
    expect(await stub.driver.poll('i', { seconds: 30 })).toMatchObject({ state: 'succeeded' });
    expect(await stub.broker.store.bindings.countDocuments({ living: true })).toBe(0);
    expect(await stub.broker.store.operations.countDocuments({ active: true })).toBe(0);
  });
});

describe('an encryption key that is lost', () => {
  it('fails what needs it with the reason, and the DELETE works', async () => {
    await ready();
    await stub.stop();
    const other = `another:${Buffer.alloc(32, 1).toString('base64')}`;
    stub = await StubBroker.start({ HOLDFAST_ENCRYPTION_KEYS: other, HOLDFAST_LOST_ENCRYPTION_KEYS: 'test' }, stub);
    await stub.driver.bind('i', 'b', sold);
    const told = await stub.driver.poll('i', { bindingId: 'b', seconds: 10 });
    expect(told.state).toBe('failed');
    expect(told.description).toMatch(/^what was stored cannot be decrypted \(operation op-\w+\)$/);
    expect((await stub.driver.deprovision('i', sold)).status).toBe(202);
    expect(await stub.driver.poll('i', { seconds: 10 })).toMatchObject({ state: 'succeeded' });
    expect(encryptionKeys).not.toContain('another');
  });
});

describe('Redis', () => {
  let redis: RedisProcess;
  beforeEach(async () => {
    redis = await RedisProcess.start();
    await stub.stop();
    stub = await StubBroker.start({ HOLDFAST_REDIS_URL: redis.url }, stub);
  });
  afterEach(() => redis.remove());

  it('down: requests are accepted at once, and carried out when it is back and empty', async () => {
    await redis.kill();
    const { status } = await stub.driver.provision('i', sold);
    expect(status).toBe(202);
    await redis.restart();
    expect(await stub.driver.poll('i', { seconds: 30 })).toMatchObject({ state: 'succeeded' });
  });

  it('killed and emptied while operations run and wait: all of them end', async () => {
    let held = true;
    stub.service.behaviour = async ({ key }) => {
      if (key === 'third' && held) return wait('held');
      await sleep(100);
      return done;
    };
    const ids = Array.from({ length: 10 }, (_, index) => `i${index}`);
    await Promise.all(ids.map((id) => stub.driver.provision(id, sold)));
    await eventually(() => ran('provision').some(({ key }) => key === 'third'));
    await redis.kill();
    await sleep(500);
    await redis.restart();
    held = false;
    for (const id of ids) expect(await stub.driver.poll(id, { seconds: 60 })).toMatchObject({ state: 'succeeded' });
    await eventually(async () => (await stub.jobs()) === 0);
  });

  it('down does not keep the broker from stopping', async () => {
    stub.service.behaviour = async ({ context }) => {
      await sleep(20_000, undefined, { signal: context.signal });
      return done;
    };
    await stub.driver.provision('i', sold);
    await eventually(() => ran('provision').length > 0);
    await redis.kill();
    const stopped = await Promise.race([stub.stop().then(() => 'stopped'), sleep(10_000, 'still running')]);
    expect(stopped).toBe('stopped');
    await redis.restart();
    stub.service.behaviour = async () => done;
    stub = await StubBroker.start({ HOLDFAST_REDIS_URL: redis.url }, stub);
    expect(await stub.driver.poll('i', { seconds: 15 })).toMatchObject({ state: 'succeeded' });
  });
});

describe('a shutdown', () => {
  it('gives a running operation back at once, and another broker goes on', async () => {
    stub.service.behaviour = async ({ key, context }) => {
      if (key === 'third') await sleep(20_000, undefined, { signal: context.signal });
      return done;
    };
    const { body } = await stub.driver.provision('i', sold);
    await eventually(() => ran('provision').some(({ key }) => key === 'third'));
    await stub.stop();
    stub.service.behaviour = async () => done;
    stub = await StubBroker.start({}, stub);
    const record = await stub.broker.store.operations.findOne({ _id: String(body.operation) });
    expect(record?.pauses ?? 0).toBe(0);
    expect(await stub.driver.poll('i', { seconds: 15 })).toMatchObject({ state: 'succeeded' });
    expect(ran('provision').filter(({ key }) => key === 'first')).toHaveLength(1);
  });

  it('does not take again what it gives back', async () => {
    stub.service.behaviour = async ({ key, context }) => {
      if (key === 'third') await sleep(20_000, undefined, { signal: context.signal });
      return done;
    };
    const ids = Array.from({ length: 8 }, (_, index) => `i${index}`);
    for (const id of ids) await stub.driver.provision(id, sold);
    await eventually(() => ran('provision').filter(({ key }) => key === 'third').length === ids.length);
    const store = new MongoClient(stub.scratch.storeUrl);
    try {
      const operations = store.db().collection<OperationRecord>('operations');
      const epochs = async () => (await operations.find().sort({ _id: 1 }).toArray()).map(({ lease }) => lease.epoch);
      const before = await epochs();
      await stub.stop();
      expect(await epochs()).toEqual(before);
    } finally {
      await store.close();
      stub.service.behaviour = async () => done;
      stub = await StubBroker.start({}, stub);
    }
  });
});
