import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { done } from '../../src/operations/step.js';
import { outsideEffect } from '../../src/side-effects.js';
import type { Sold } from '../support/broker-driver.js';
import { eventually } from '../support/eventually.js';
import { StubBroker } from '../support/stub-broker.js';

/** A worker that holds its step for longer than its lease lasts, while others end what the step was for. */

let stub: StubBroker;
let sold: Sold;
let goOn: () => void;
let held: Promise<void>;
const ran = () => stub.service.ran.map(({ verb, key }) => `${verb}/${key}`);

beforeEach(async () => {
  // Bind and unbind answer at once: what they started is what the test looks at.
  stub = await StubBroker.start({ HOLDFAST_SYNCHRONOUS_SECONDS: '0' });
  sold = await stub.driver.sold('stub', 'small');
  await stub.driver.provision('i', sold);
  await stub.driver.poll('i', { seconds: 15 });
  held = new Promise((resolve) => {
    goOn = resolve;
  });
});
afterEach(() => stub.end());

/** Binds, and unbinds again while the bind's step does not end. */
async function bindAndUnbind(work: () => Promise<void>): Promise<void> {
  stub.service.behaviour = async ({ verb }) => {
    if (verb === 'bind') {
      await held;
      await work();
    }
    return done;
  };
  await stub.driver.bind('i', 'b', sold);
  await eventually(() => ran().includes('bind/user'));
  await stub.driver.unbind('i', 'b', sold);
  expect(await stub.driver.poll('i', { bindingId: 'b', seconds: 20 })).toMatchObject({ state: 'succeeded' });
  expect(ran().slice(-2)).toEqual(['bind/user', 'unbind/drop']);
}

describe('a bind whose lease is lost, and whose binding is gone by now', () => {
  it('changes nothing outside any more', async () => {
    const effects: string[] = [];
    let refused: unknown;
    await bindAndUnbind(async () => {
      await outsideEffect('createUser', async () => void effects.push('createUser')).catch((error: unknown) => {
        refused = error;
      });
    });
    goOn();
    await eventually(() => refused !== undefined);
    expect(refused).toMatchObject({ name: 'LeaseLostError' });
    expect(effects).toEqual([]);
  });

  it('takes away again what was under way when the lease ended, and records nothing', async () => {
    await bindAndUnbind(async () => {});
    const recorded = () => stub.broker.store.operations.find({}, { projection: { lease: 0 } }).toArray();
    const before = await recorded();
    goOn();
    await eventually(() => ran().filter((step) => step === 'unbind/drop').length === 2);
    expect(ran().at(-1)).toBe('unbind/drop');
    expect(await recorded()).toEqual(before);
  });

  it('leaves what a binding of the same id has, that came after', async () => {
    await bindAndUnbind(async () => {});
    stub.service.behaviour = async () => done;
    await stub.driver.bind('i', 'b', sold);
    expect(await stub.driver.poll('i', { bindingId: 'b', seconds: 10 })).toMatchObject({ state: 'succeeded' });
    const living = await stub.broker.store.bindings.findOne({ living: true });
    goOn();
    await eventually(() => ran().filter((step) => step === 'unbind/drop').length === 2);
    expect(stub.service.removed.at(-1)).not.toBe(living?._id);
    expect((await stub.driver.fetchBinding('i', 'b')).status).toBe(200);
  });
});

describe('a bind whose lease is lost, and whose binding is wanted', () => {
  it('takes nothing away: whoever goes on makes it whole', async () => {
    let runs = 0;
    stub.service.behaviour = async ({ verb }) => {
      if (verb === 'bind' && ++runs === 1) await held;
      return done;
    };
    const { body } = await stub.driver.bind('i', 'b', sold);
    await eventually(() => runs === 1);
    // As if another had taken the operation when the lease ended.
    await stub.broker.store.operations.updateOne(
      { _id: String(body.operation) },
      { $inc: { 'lease.epoch': 1 }, $set: { 'lease.until': new Date(0), wakeAt: new Date(0) } },
    );
    goOn();
    expect(await stub.driver.poll('i', { bindingId: 'b', seconds: 20 })).toMatchObject({ state: 'succeeded' });
    expect(ran().filter((step) => step.startsWith('unbind'))).toEqual([]);
  });
});
