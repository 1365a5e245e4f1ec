import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/services/service.js';
import { StartError } from '../../src/start-error.js';
import { KeyRing } from '../../src/store/encryption.js';
import { rotateKeys } from '../../src/store/key-rotation.js';
import { SealedValues } from '../../src/store/sealed-fields.js';
import { ServiceBindingsRepository } from '../../src/store/service-bindings.repository.js';
import { ServiceInstancesRepository } from '../../src/store/service-instances.repository.js';
import type { Sold } from '../support/broker-driver.js';
import { CommandProcess } from '../support/command-process.js';
import { sealedWith } from '../support/sealed-values.js';
import { StubBroker } from '../support/stub-broker.js';

/** Which keys a broker starts with, and what `npm run keys:rotate` does to a store. */

const older = { id: 'older', key: randomBytes(32) };
const newer = { id: 'newer', key: randomBytes(32) };
const variable = (...keys: readonly (typeof older)[]) =>
  keys.map(({ id, key }) => `${id}:${key.toString('base64')}`).join(',');

let stub: StubBroker;
let sold: Sold;
beforeEach(async () => {
  stub = await StubBroker.start({ HOLDFAST_ENCRYPTION_KEYS: variable(older, newer) });
  sold = await stub.driver.sold('stub', 'small');
});
afterEach(() => stub.end());

const database = () => stub.broker.store.database;

/** An instance with a binding; what the binding's credentials are. */
async function bound(id: string): Promise<unknown> {
  await stub.driver.provision(id, { ...sold, parameters: { colour: 'red' } });
  await stub.driver.poll(id, { seconds: 15 });
  const { body } = await stub.driver.bind(id, `${id}-b`, sold);
  return body.credentials;
}

const restart = async (keys: string, environment: NodeJS.ProcessEnv = {}) => {
  await stub.stop();
  stub = await StubBroker.start({ HOLDFAST_ENCRYPTION_KEYS: keys, ...environment }, stub);
};

/** Why a broker does not start beside the one that runs. */
async function refusal(keys: string): Promise<readonly string[]> {
  const error = await StubBroker.start({ HOLDFAST_ENCRYPTION_KEYS: keys }, stub).then(
    async (started) => await started.stop(),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof StartError)) throw new Error('it started', { cause: error });
  return error.lines;
}

describe('a start', () => {
  it('without a key that is in use tells which, for how much, and what to do', async () => {
    await bound('i');
    // Parameters and secrets of the instance and of the binding, and the key of the audit.
    expect(await refusal(variable(newer))).toEqual([
      'HOLDFAST_ENCRYPTION_KEYS holds "newer", and lacks the key "older", which 5 values in the store are encrypted with: ' +
        'add it at the end, or name it in HOLDFAST_LOST_ENCRYPTION_KEYS if nothing can bring it back (what it encrypted can then only be deleted)',
    ]);
  });

  const wrong = (id: string) => [
    `HOLDFAST_ENCRYPTION_KEYS holds another key under the id "${id}" than the one that this store knows by it: give it the bytes that it had, or a new key an id of its own`,
  ];

  it('with other bytes under a known id is refused, be the key in use or not', async () => {
    expect(await refusal(variable({ ...older, key: randomBytes(32) }))).toEqual(wrong('older'));
    expect(await refusal(variable(older, { ...newer, key: randomBytes(32) }))).toEqual(wrong('newer'));
  });

  it('with other bytes under the id of a key that encrypted before keys were noted is refused', async () => {
    await bound('i');
    await database().collection('encryption_keys').deleteMany({});
    expect(await refusal(variable({ ...older, key: randomBytes(32) }))).toEqual(wrong('older'));
  });

  it('of two brokers at once with different bytes under one new id: one is refused', async () => {
    const starts = await Promise.allSettled(
      [randomBytes(32), randomBytes(32)].map((key) =>
        StubBroker.start({ HOLDFAST_ENCRYPTION_KEYS: variable(older, newer, { id: 'third', key }) }, stub),
      ),
    );
    for (const start of starts) if (start.status === 'fulfilled') await start.value.stop();
    expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('what is moved in the store', () => {
  it('opens nowhere else: one binding never answers the credentials of another', async () => {
    await bound('i');
    await bound('j');
    const { bindings } = stub.broker.store;
    const [one, other] = await bindings.find().sort({ bindingId: 1 }).toArray();
    await bindings.updateOne({ _id: String(one?._id) }, { $set: { secrets: other?.secrets ?? never() } });
    expect((await stub.driver.fetchBinding('i', 'i-b')).status).toBe(500);
    expect((await stub.driver.fetchBinding('j', 'j-b')).status).toBe(200);
  });

  it('opens in no other field of its record', async () => {
    await bound('i');
    const { bindings } = stub.broker.store;
    const [one] = await bindings.find().toArray();
    await bindings.updateOne({ _id: String(one?._id) }, { $set: { parameters: one?.secrets ?? never() } });
    expect((await stub.driver.fetchBinding('i', 'i-b')).status).toBe(500);
  });
});

describe('a rotation', () => {
  it('leaves nothing sealed with another key, and everything as it was', async () => {
    const credentials = await bound('i');
    await restart(variable(newer, older));
    const rotation = rotate(variable(newer, older));
    expect(await rotation.exit, rotation.output.join('\n')).toBe(0);
    expect(rotation.output).toContain('5 values were encrypted anew with the key "newer"');
    expect(rotation.output).toContain(
      'nothing is encrypted with the key "older" any more: take it out of HOLDFAST_ENCRYPTION_KEYS',
    );
    expect(await sealedWith(database(), 'older')).toEqual([]);
    await restart(variable(newer));
    expect((await stub.driver.fetchBinding('i', 'i-b')).body.credentials).toEqual(credentials);
  });

  it('is refused with a first key that no broker was started with', async () => {
    await bound('i');
    const third = { id: 'third', key: randomBytes(32) };
    const rotation = rotate(variable(third, older));
    expect(await rotation.exit).toBe(1);
    expect(rotation.output).toEqual([
      'HOLDFAST_ENCRYPTION_KEYS begins with the key "third", which no broker on this store has been started with: ' +
        'first restart every broker with it at the end of the list, and then with it at the beginning',
    ]);
    expect(await sealedWith(database(), 'third')).toEqual([]);
  });

  it('tells what does not open, leaves that, and goes on with the rest', async () => {
    await bound('i');
    await bound('j');
    const { bindings } = stub.broker.store;
    const [one, other] = await bindings.find().toArray();
    await bindings.updateOne({ _id: String(one?._id) }, { $set: { secrets: other?.secrets ?? never() } });
    const rotation = rotate(variable(newer, older));
    expect(await rotation.exit).toBe(1);
    const place = `service_bindings/${one?._id}/secrets`;
    expect(rotation.output).toContain(`${place} does not open with the key that it names, and stays as it is`);
    expect(await sealedWith(database(), 'older')).toEqual([place]);
  });

  it('finds what a broker with the older key first writes meanwhile', async () => {
    await bound('i');
    // In a collection that it has passed.
    const late = new ServiceInstancesRepository(stub.broker.store, new KeyRing([older]));
    const [instance] = await stub.broker.store.instances.find().toArray();
    const id = instance?._id ?? never();
    let writes = 0;
    const { left } = await rotateKeys(database(), new KeyRing([newer, older]), async (line) => {
      if (!line.startsWith('service_bindings.secrets')) return;
      const secrets = late.seal(id, 'secrets', { key: 'written meanwhile' });
      await stub.broker.store.instances.updateOne({ _id: id }, { $set: { secrets } });
      writes++;
    });
    expect([writes, left.size]).toEqual([1, 0]);
    expect(await sealedWith(database(), 'older')).toEqual([]);
  });

  it('never puts back what was changed after it was read', async () => {
    await bound('i');
    const ring = new KeyRing([newer, older]);
    const values = new SealedValues(database(), { collection: 'service_bindings', path: 'secrets', field: 'secrets' });
    const bindings = new ServiceBindingsRepository(stub.broker.store, new KeyRing([older]));
    for await (const found of values.find({ $nin: ['newer'] }, 10)) {
      const id = String(found.id);
      const secrets = bindings.seal(id, 'secrets', { password: 'changed meanwhile' });
      await stub.broker.store.bindings.updateOne({ _id: id }, { $set: { secrets } });
      expect(await values.replace([{ ...found, resealed: ring.reseal(found.sealed, found.place) }])).toBe(0);
    }
    const { body } = await stub.driver.fetchBinding('i', 'i-b');
    expect(body.credentials).toMatchObject({ password: 'changed meanwhile' });
  });
});

describe('a rotation of many values', () => {
  const many = 3_000;
  const ring = new KeyRing([older]);
  const secretsOf = (index: number): JsonObject => ({ password: `password ${index}` });
  const idOf = (index: number) => `many-${String(index).padStart(5, '0')}`;

  beforeEach(async () => {
    const records = Array.from({ length: many }, (_, index) => ({
      _id: idOf(index),
      bindingId: idOf(index),
      living: false,
      secrets: ring.seal(secretsOf(index), `service_bindings/${idOf(index)}/secrets`),
    }));
    await database().collection<{ _id: string }>('service_bindings').insertMany(records);
  });

  async function isWhole(): Promise<void> {
    expect(await sealedWith(database(), 'older')).toEqual([]);
    const both = new KeyRing([newer, older]);
    const bindings = new ServiceBindingsRepository(stub.broker.store, both);
    const records = await stub.broker.store.bindings
      .find({ _id: /^many-/ })
      .sort({ _id: 1 })
      .toArray();
    expect(records.map((record) => bindings.secretsOf(record))).toEqual(records.map((_, index) => secretsOf(index)));
    expect(records).toHaveLength(many);
  }

  it('is killed at any moment, and goes on where it was', async () => {
    const lefts: number[] = [];
    for (const lines of [1, 3, 2]) {
      let seen = 0;
      const killed = rotate(variable(newer, older), (line, command) => {
        if (line.startsWith('service_bindings.secrets') && ++seen === lines) command.kill();
      });
      expect(await killed.exit, killed.output.join('\n')).toBeNull();
      lefts.push((await sealedWith(database(), 'older')).length);
    }
    // Each went on from where the one before was killed.
    expect([many, ...lefts, 0].every((left, index, all) => index === 0 || left < Number(all[index - 1]))).toBe(true);
    const last = rotate(variable(newer, older));
    expect(await last.exit, last.output.join('\n')).toBe(0);
    await isWhole();
  });

  it('runs twice at once', async () => {
    const rotations = [rotate(variable(newer, older)), rotate(variable(newer, older))];
    expect(await Promise.all(rotations.map(({ exit }) => exit))).toEqual([0, 0]);
    await isWhole();
  });
});

function rotate(keys: string, onLine?: (line: string, command: CommandProcess) => void): CommandProcess {
  const environment = { HOLDFAST_STORE_URL: stub.scratch.storeUrl, HOLDFAST_ENCRYPTION_KEYS: keys };
  return new CommandProcess('rotate-keys', environment, [], onLine);
}

function never(): never {
  throw new Error('the store lost a sealed value');
}
