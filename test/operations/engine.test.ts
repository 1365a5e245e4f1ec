import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError, UserError } from '../../src/operations/errors.js';
import { done, wait } from '../../src/operations/step.js';
import type { Keep } from '../../src/services/service.js';
import type { Sold } from '../support/broker-driver.js';
import { eventually } from '../support/eventually.js';
import { StubBroker } from '../support/stub-broker.js';

let stub: StubBroker;
let sold: Sold;
let hasty: Sold;
beforeEach(async () => {
  stub = await StubBroker.start();
  sold = await stub.driver.sold('stub', 'small');
  hasty = await stub.driver.sold('stub', 'hasty');
});
afterEach(() => stub.end());

const keysRan = () => stub.service.ran.map(({ key }) => key);
const operation = async (id: string) => {
  const record = await stub.broker.store.operations.findOne({ _id: id });
  if (!record) throw new Error(`no operation ${id}`);
  return record;
};
describe('the engine', () => {
  it('runs the stages in order, and the steps of a stage side by side', async () => {
    await stub.driver.provision('i', sold);
    expect(await stub.driver.poll('i', { seconds: 10 })).toMatchObject({ state: 'succeeded' });
    const ran = keysRan();
    expect(ran[0]).toBe('first');
    expect(ran.slice(1, 3).sort()).toEqual(['second-a', 'second-b']);
    expect(ran[3]).toBe('third');
    expect(ran).toHaveLength(4);
  });

  it('keeps how long each step took', async () => {
    const { body } = await stub.driver.provision('i', sold);
    await stub.driver.poll('i', { seconds: 10 });
    const { steps } = await operation(String(body.operation));
    expect(Object.keys(steps).sort()).toEqual(['first', 'second-a', 'second-b', 'third']);
    for (const { startedAt, endedAt } of Object.values(steps)) {
      expect(endedAt.getTime()).toBeGreaterThanOrEqual(startedAt.getTime());
    }
  });

  it('stores what is generated before the first step sees it, once, and encrypted', async () => {
    let failures = 2;
    stub.service.behaviour = async () => {
      if (failures-- > 0) throw new Error('connection reset');
      return done;
    };
    await stub.driver.provision('i', sold);
    await stub.driver.poll('i', { seconds: 15 });
    expect(stub.service.generated).toBe(1);
    expect(new Set(stub.service.ran.map(({ secrets }) => JSON.stringify(secrets)))).toEqual(
      new Set(['{"key":"key-1"}']),
    );
    const record = await stub.broker.store.instances.findOne({ instanceId: 'i' });
    expect(record?.secrets?.key).toBe('test');
    expect(JSON.stringify(record)).not.toContain('key-1');
  });

  it('keeps what a step found out, unless another operation was accepted since', async () => {
    const keeps: Keep[] = [];
    stub.service.behaviour = async ({ verb, key, keep }) => {
      if (keep) keeps.push(keep);
      if (verb === 'provision' && key === 'second-a') await keep?.({ port: 31000 });
      return done;
    };
    const ports = async (bindingId: string) => {
      await stub.driver.bind('i', bindingId, sold);
      const { body } = await stub.driver.fetchBinding('i', bindingId);
      return body.endpoints?.map((endpoint) => endpoint.ports);
    };
    await stub.driver.provision('i', sold);
    await stub.driver.poll('i', { seconds: 10 });
    expect(await ports('before')).toEqual([['31000']]);
    await stub.driver.update('i', { service_id: sold.service_id, parameters: { colour: 'red' } });
    await stub.driver.poll('i', { seconds: 10 });
    await keeps.at(-1)?.({ port: 32000 });
    await expect(keeps[0]?.({ port: 33000 })).rejects.toThrow('gave way');
    expect(await ports('after')).toEqual([['32000']]);
  });

  it('gives the worker back while it waits, tells why, and looks again by itself', async () => {
    let looks = 0;
    stub.service.behaviour = async ({ key }) => {
      if (key !== 'third' || ++looks > 2) return done;
      return wait('1 of 3 members is Pending');
    };
    const { body } = await stub.driver.provision('i', sold);
    await eventually(
      async () => (await stub.driver.lastOperation('i')).body.description === '1 of 3 members is Pending',
    );
    expect((await operation(String(body.operation))).lease.owner).toBeNull();
    expect(await stub.driver.poll('i', { seconds: 10 })).toMatchObject({ state: 'succeeded' });
    expect(keysRan().filter((key) => key === 'first')).toHaveLength(1);
    expect(looks).toBe(3);
  });

  it('is woken by a change long before its timer', async () => {
    let there = false;
    stub.service.behaviour = async ({ key }) => (key !== 'third' || there ? done : wait('not there'));
    await stub.driver.provision('i', sold);
    // Four looks by the timer: the next one comes in eight seconds.
    await eventually(() => keysRan().filter((key) => key === 'third').length >= 4, 20_000);
    there = true;
    const changed = performance.now();
    stub.broker.engine?.wakeups.notify(`stub:${stub.service.ran[0]?.instance}`);
    await stub.driver.poll('i', { seconds: 10 });
    expect(performance.now() - changed).toBeLessThan(2_000);
  });

  it('does not lose a change that comes while the step looks', async () => {
    let there = false;
    stub.service.behaviour = async ({ key, instance }) => {
      if (key !== 'third' || there) return done;
      const seen = there;
      there = true;
      stub.broker.engine?.wakeups.notify(`stub:${instance}`);
      await sleep(20);
      return seen ? done : wait('not there');
    };
    await stub.driver.provision('i', sold);
    await stub.driver.poll('i', { seconds: 10 });
    // Looked again at once: the lease was not even given back.
    expect(keysRan().filter((key) => key === 'third')).toHaveLength(2);
  });

  it('tries passing errors again, and not the steps that are done', async () => {
    let failures = 2;
    stub.service.behaviour = async ({ key }) => {
      if (key === 'second-a' && failures-- > 0) throw new Error('connection reset by secret-host');
      return done;
    };
    await stub.driver.provision('i', sold);
    await eventually(async () => (await stub.driver.lastOperation('i')).body.description.includes('to be tried again'));
    expect((await stub.driver.lastOperation('i')).body.description).not.toContain('secret-host');
    expect(await stub.driver.poll('i', { seconds: 10 })).toMatchObject({ state: 'succeeded' });
    expect(keysRan().filter((key) => key === 'first')).toHaveLength(1);
    expect(keysRan().filter((key) => key === 'second-b')).toHaveLength(1);
    expect(keysRan().filter((key) => key === 'second-a')).toHaveLength(3);
  });

  it.each([
    ['a user error', new UserError('the storage class is unknown'), /^running third: the storage class is unknown$/],
    [
      'an operator error',
      new OperatorError('forbidden', { detail: 'x' }),
      /^running third: forbidden \(operation op-\w+\)$/,
    ],
  ])('%s is final, and tells the step and the reason', async (_name, error, description) => {
    stub.service.behaviour = async ({ key }) => {
      if (key === 'third') throw error;
      return done;
    };
    await stub.driver.provision('i', sold);
    const told = await stub.driver.poll('i', { seconds: 10 });
    expect(told.state).toBe('failed');
    expect(told.description).toMatch(description);
    expect(keysRan().filter((key) => key === 'third')).toHaveLength(1);
  });

  it('fails an operation at its deadline with what it waited for, and a DELETE works then', async () => {
    stub.service.behaviour = async ({ verb }) => (verb === 'provision' ? wait('insufficient memory') : done);
    await stub.driver.provision('i', hasty);
    const told = await stub.driver.poll('i', { seconds: 10 });
    expect(told).toEqual({ state: 'failed', description: 'not done within 2 s: insufficient memory' });
    expect((await stub.driver.deprovision('i', hasty)).status).toBe(202);
    expect(await stub.driver.poll('i', { seconds: 10 })).toMatchObject({ state: 'succeeded' });
  });

  it('ends a step that hangs when its lease cannot be kept, and records nothing of it', async () => {
    let cancelled = false;
    stub.service.behaviour = async ({ verb, context }) => {
      if (verb === 'deprovision') return done;
      await sleep(30_000, undefined, { signal: context.signal }).catch((error: Error) => {
        cancelled = true;
        throw error;
      });
      return done;
    };
    const { body } = await stub.driver.provision('i', sold);
    await eventually(() => keysRan().includes('first'));
    await stub.driver.deprovision('i', sold);
    expect(await stub.driver.poll('i', { seconds: 15 })).toMatchObject({ state: 'succeeded' });
    expect(cancelled).toBe(true);
    expect(await operation(String(body.operation))).toMatchObject({ state: 'superseded', active: false, steps: {} });
  });

  it('starts a DELETE only after the lease of what it ends has ended', async () => {
    const order: string[] = [];
    stub.service.behaviour = async ({ verb, context }) => {
      if (verb === 'deprovision') order.push('deprovision');
      else await new Promise((resolve) => context.signal.addEventListener('abort', () => setTimeout(resolve, 300)));
      if (verb === 'provision') order.push('provision stopped');
      return done;
    };
    await stub.driver.provision('i', sold);
    await eventually(() => keysRan().includes('first'));
    await stub.driver.deprovision('i', sold);
    await stub.driver.poll('i', { seconds: 15 });
    expect(order).toEqual(['provision stopped', 'deprovision']);
  });
});
