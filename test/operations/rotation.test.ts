import { afterEach, beforeEach, expect, it } from 'vitest';
import { done, wait } from '../../src/operations/step.js';
import { KeyRing } from '../../src/store/encryption.js';
import type { ServiceInstanceRecord } from '../../src/store/records.js';
import { ServiceInstancesRepository } from '../../src/store/service-instances.repository.js';
import { Store } from '../../src/store/store.js';
import type { Sold } from '../support/broker-driver.js';
import { eventually } from '../support/eventually.js';
import { beginRotation, endOfRotation } from '../support/rotations.js';
import { encryptionKeys, StubBroker } from '../support/stub-broker.js';

/** What the engine makes of rotations, whatever a service does in them. */

let stub: StubBroker;
let store: Store;
let sold: Sold;
let id: string;

beforeEach(async () => {
  stub = await StubBroker.start();
  store = Store.open(stub.scratch.storeUrl);
  sold = await stub.driver.sold('stub', 'small');
  await stub.driver.provision('i', sold);
  await stub.driver.poll('i', { seconds: 15 });
  id = (await record())._id;
});
afterEach(async () => {
  await store.close();
  await stub.end();
});

async function record(): Promise<ServiceInstanceRecord> {
  const found = await store.instances.findOne({ instanceId: 'i' });
  if (!found) throw new Error('there is no instance');
  return found;
}

async function secrets(): Promise<unknown> {
  const [keyId = '', key = ''] = encryptionKeys.split(':');
  const ring = new KeyRing([{ id: keyId, key: Buffer.from(key, 'base64') }]);
  return new ServiceInstancesRepository(store, ring).secretsOf(await record());
}

const rotate = () => beginRotation(store.database, id, 'key');
const ended = (operation: string) => endOfRotation(store.database, operation);
const rotations = () => stub.service.ran.filter(({ verb }) => verb === 'rotate');

it('exchanges the secrets: both while it runs, the new ones in the end; the platform sees nothing of it', async () => {
  const before = await secrets();
  const operation = await rotate();
  expect(await ended(operation)).toMatchObject({ state: 'succeeded', kind: 'rotate' });
  expect(rotations().map((step) => step.secrets)).toEqual([{ key: 'key-2', formerKey: 'key-1' }]);
  expect([before, await secrets()]).toEqual([{ key: 'key-1' }, { key: 'key-2' }]);
  const { rotation, nextRotation, phase } = await record();
  expect([rotation, phase]).toEqual([undefined, 'ready']);
  expect(nextRotation).toEqual({ what: 'key', at: stub.service.keysAreDueAt });
  expect((await stub.driver.lastOperation('i')).body).toMatchObject({ state: 'succeeded', description: 'done' });
});

it('begins by itself when the time has come', async () => {
  stub.service.keysAreDueAt = new Date(Date.now() - 1);
  await stub.driver.provision('j', sold);
  await eventually(() => rotations().some(({ instanceId }) => instanceId === 'j'), 20_000);
});

it('generates once, and keeps what it has begun with, where it fails and is carried on', async () => {
  stub.service.behaviour = async ({ verb }) => {
    if (verb === 'rotate') throw new TypeError('not yet');
    return done;
  };
  const operation = await rotate();
  await eventually(() => rotations().length > 1);
  await store.operations.updateOne({ _id: operation }, { $set: { deadline: new Date(0) } });
  expect(await ended(operation)).toMatchObject({ state: 'failed' });
  const { rotation, nextRotation, phase } = await record();
  expect(rotation).toEqual({ what: 'key', begun: true });
  expect(phase).toBe('ready');
  expect(nextRotation?.at.getTime()).toBeGreaterThan(Date.now() + 5 * 60_000);

  stub.service.behaviour = async () => done;
  expect(await ended(await rotate())).toMatchObject({ state: 'succeeded' });
  expect(new Set(rotations().map((step) => JSON.stringify(step.secrets)))).toEqual(
    new Set([JSON.stringify({ key: 'key-2', formerKey: 'key-1' })]),
  );
  expect(await secrets()).toEqual({ key: 'key-2' });
});

it('leaves one that a newer release accepted to that, and generates nothing for it', async () => {
  const before = stub.service.generated;
  let asked = 0;
  Object.defineProperty(stub.service.rotation.carryOut, 'current', { get: () => (asked++ === 0 ? 2 : 1) });
  const { operation } = await stub.broker.rotations.rotate(id, 'key');
  await eventually(async () => ((await store.operations.findOne({ _id: operation }))?.pauses ?? 0) > 0);
  expect(stub.service.generated).toBe(before);
  expect((await record()).rotation).toEqual({ what: 'key', operation, begun: false });
});

it('lets binds and unbinds pass, has an update wait, and gives way to a DELETE', async () => {
  stub.service.behaviour = async ({ verb }) => (verb === 'rotate' ? wait('held') : done);
  const operation = await rotate();
  await eventually(() => rotations().length > 0);
  expect((await stub.driver.bind('i', 'b', sold)).status).toBe(201);
  expect((await stub.driver.unbind('i', 'b', sold)).status).toBe(200);
  const update = await stub.driver.update('i', { service_id: sold.service_id, parameters: { colour: 'red' } });
  expect([update.status, update.body.error]).toEqual([422, 'ConcurrencyError']);
  expect((await stub.driver.deprovision('i', sold)).status).toBe(202);
  expect(await stub.driver.poll('i', { seconds: 15 })).toMatchObject({ state: 'succeeded' });
  expect(await ended(operation)).toMatchObject({ state: 'superseded' });
});

it('does not begin while an update runs', async () => {
  stub.service.behaviour = async ({ verb }) => (verb === 'update' ? wait('held') : done);
  expect((await stub.driver.update('i', { service_id: sold.service_id, parameters: { colour: 'red' } })).status).toBe(
    202,
  );
  await store.instances.updateOne({ _id: id }, { $set: { nextRotation: { what: 'key', at: new Date(0) } } });
  await expect(stub.broker.rotations.rotate(id, 'key')).rejects.toMatchObject({ reason: 'concurrency' });
  expect(rotations()).toEqual([]);
});
