import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AuditVerification } from '../../src/audit/verification.js';
import { KeyRing } from '../../src/store/encryption.js';
import type { AuditEventRecord } from '../../src/store/records.js';
import type { Store } from '../../src/store/store.js';
import { bindingPath, type Sold } from '../support/broker-driver.js';
import type { BrokerProcess } from '../support/broker-process.js';
import { eventually } from '../support/eventually.js';
import { encryptionKeys, StubBroker } from '../support/stub-broker.js';
import { StubProcesses } from '../support/stub-processes.js';

/** What a broker tells the audit, and what it does where it cannot. */

const originatingIdentity = { user_id: 'someone' };
const headers = {
  'X-Broker-API-Originating-Identity': `cloudfoundry ${Buffer.from(JSON.stringify(originatingIdentity)).toString('base64')}`,
  'X-Broker-API-Request-Identity': 'request-1',
};

function ring(): KeyRing {
  const [id = '', key = ''] = encryptionKeys.split(':');
  return new KeyRing([{ id, key: Buffer.from(key, 'base64') }]);
}

async function verify(store: Store) {
  const deviations: string[] = [];
  const verified = await AuditVerification.run(store, ring(), undefined, (line) => deviations.push(line));
  return { ...verified, deviations };
}

const untilSealed = (store: Store) =>
  eventually(async () => (await store.unsealedEvents.countDocuments()) === 0, 30_000);

describe('a broker', () => {
  let stub: StubBroker;
  let sold: Sold;
  beforeEach(async () => {
    stub = await StubBroker.start();
    sold = await stub.driver.sold('stub', 'small');
  });
  afterEach(() => stub.end());

  const events = () => stub.broker.store.auditEvents.find().sort({ at: 1, _id: 1 }).toArray();
  const told = (found: readonly AuditEventRecord[]) => found.map(({ kind, event }) => `${kind} ${event}`);
  const readings = () => stub.broker.store.auditEvents.find({ kind: 'read-credentials' }).toArray();

  async function bound(): Promise<void> {
    await stub.driver.provision('i', sold);
    await stub.driver.poll('i', { seconds: 15 });
    expect((await stub.driver.bind('i', 'b', sold)).status).toBe(201);
  }

  it('tells of every mutation and of every reading of credentials, and seals all of it', async () => {
    await bound();
    await stub.driver.fetchBinding('i', 'b');
    await stub.driver.update('i', { service_id: sold.service_id, parameters: { colour: 'red' } });
    await stub.driver.poll('i', { seconds: 15 });
    await stub.driver.update('i', { service_id: sold.service_id, context: { platform: 'cloudfoundry' } });
    await stub.driver.unbind('i', 'b', sold);
    await stub.driver.deprovision('i', sold);
    await stub.driver.poll('i', { seconds: 15 });
    expect(told(await events()).sort()).toEqual(
      [
        ...['provision', 'bind', 'update', 'unbind', 'deprovision'].flatMap((kind) => [
          `${kind} accepted`,
          `${kind} succeeded`,
        ]),
        ...['read-credentials succeeded', 'read-credentials succeeded'],
        // Needs no work.
        'update succeeded',
      ].sort(),
    );
    await untilSealed(stub.broker.store);
    expect(await verify(stub.broker.store)).toMatchObject({ events: 13, waiting: 0, deviations: [] });
  });

  it("tells who, what and when, by the store's clock", async () => {
    await bound();
    const before = await stub.broker.store.now();
    await stub.driver.raw('GET', bindingPath('i', 'b'), { headers });
    const after = await stub.broker.store.now();
    const [, reading] = await readings();
    expect(reading).toEqual({
      _id: expect.any(String),
      at: expect.any(Date),
      event: 'succeeded',
      kind: 'read-credentials',
      platform: 'platform',
      credential: 'basic:platform',
      instanceId: 'i',
      bindingId: 'b',
      originatingIdentity: { platform: 'cloudfoundry', value: originatingIdentity },
      requestIdentity: 'request-1',
    });
    expect(Number(reading?.at)).toBeGreaterThanOrEqual(before.getTime());
    expect(Number(reading?.at)).toBeLessThanOrEqual(after.getTime());
  });

  it('takes an identity with names that the store has a meaning for as it is', async () => {
    await bound();
    const odd = { $where: '1', 'a.b': { $set: { $$NOW: '$at' } }, __proto__: null, constructor: 'x' };
    const header = `cf ${Buffer.from(JSON.stringify(odd)).toString('base64')}`;
    const asked = { headers: { 'X-Broker-API-Originating-Identity': header } };
    expect((await stub.driver.raw('GET', bindingPath('i', 'b'), asked)).status).toBe(200);
    expect((await readings())[1]?.originatingIdentity?.value).toEqual(odd);
    await untilSealed(stub.broker.store);
    expect((await verify(stub.broker.store)).deviations).toEqual([]);
  });

  it('tells of credentials in the answer to a bind, each time that they are there, and of nothing that was refused', async () => {
    await bound();
    expect(await readings()).toHaveLength(1);
    expect((await stub.driver.bind('i', 'b', sold)).status).toBe(200);
    expect(await readings()).toHaveLength(2);
    expect((await stub.driver.fetchBinding('i', 'none')).status).toBe(404);
    expect(await readings()).toHaveLength(2);
  });

  it.each(['audit_events', 'audit_unsealed'])('gives no credentials where %s cannot be written', async (collection) => {
    await bound();
    const password = String((await stub.driver.fetchBinding('i', 'b')).body.credentials.password);
    const { database } = stub.broker.store;
    await database.command({ collMod: collection, validator: { nothing: true } });
    for (const answer of [await stub.driver.fetchBinding('i', 'b'), await stub.driver.bind('i', 'b', sold)]) {
      expect(answer.status).toBe(500);
      expect(JSON.stringify(answer.body)).not.toContain(password);
    }
    expect(await readings()).toHaveLength(2);
    await database.command({ collMod: collection, validator: {} });
    expect((await stub.driver.fetchBinding('i', 'b')).status).toBe(200);
  });

  it.each(['audit_events', 'audit_unsealed'])('accepts nothing where %s cannot be written', async (collection) => {
    await bound();
    const { database, instances, operations } = stub.broker.store;
    await database.command({ collMod: collection, validator: { nothing: true } });
    expect((await stub.driver.provision('j', sold)).status).toBe(500);
    expect((await stub.driver.deprovision('i', sold)).status).toBe(500);
    expect(await instances.find({}, { projection: { instanceId: 1, phase: 1, _id: 0 } }).toArray()).toEqual([
      { instanceId: 'i', phase: 'ready' },
    ]);
    expect(await operations.countDocuments({ active: true })).toBe(0);
  });
});

describe('brokers as processes of their own', () => {
  let processes: StubProcesses;
  beforeEach(() => {
    processes = new StubProcesses();
  });
  afterEach(() => processes.end());

  const audited = ({ log }: BrokerProcess) => log.filter(({ audit }) => audit === true);

  it('tell each event and each block in their log', async () => {
    const broker = await processes.start();
    const driver = processes.driver(broker);
    const sold = await driver.sold('stub', 'small');
    await driver.provision('i', sold);
    await driver.poll('i', { seconds: 15 });
    await driver.bind('i', 'b', sold);
    await driver.raw('GET', bindingPath('i', 'b'), { headers });
    await untilSealed(processes.store);
    await eventually(async () => (await processes.store.auditChain.countDocuments()) === blocks().length);
    const stored = await processes.store.auditEvents.find().sort({ at: 1, _id: 1 }).toArray();
    expect(stored).toHaveLength(6);
    expect(audited(broker).filter(({ msg }) => msg === 'audit event')).toEqual(
      stored.map(({ _id, at, ...event }) =>
        expect.objectContaining({ level: 'info', id: _id, at: at.toISOString(), ...event }),
      ),
    );
    const { head } = await verify(processes.store);
    expect(blocks().at(-1)).toMatchObject({ block: head?.number, mac: head?.mac });

    function blocks() {
      return audited(broker).filter(({ msg }) => msg === 'audit block');
    }
  });

  it('killed under load leave a chain that is whole, and miss no event', { timeout: 200_000 }, async () => {
    const broker = await processes.start();
    const driver = processes.driver(broker);
    const sold = await driver.sold('stub', 'small');
    await driver.provision('i', sold);
    await driver.poll('i', { seconds: 15 });
    await driver.bind('i', 'b', sold);
    await broker.terminate();
    const reader = processes.driver(await processes.start({ HOLDFAST_ROLE: 'api' }));
    let stopped = false;
    const load = Array.from({ length: 2 }, async () => {
      while (!stopped) {
        expect((await reader.fetchBinding('i', 'b')).status).toBe(200);
        await sleep(10);
      }
    });
    const workers = [broker];
    for (let round = 1; round <= 3; round++) {
      const worker = await processes.start({ HOLDFAST_ROLE: 'worker' });
      workers.push(worker);
      // In the midst of a block: its events are told before it is added.
      await eventually(() => worker.output.length > 40 * round, 30_000);
      await worker.kill();
    }
    stopped = true;
    await Promise.all(load);
    workers.push(await processes.start({ HOLDFAST_ROLE: 'worker' }));
    await untilSealed(processes.store);
    const { auditEvents, auditChain } = processes.store;
    const ids = (await auditEvents.find().toArray()).map(({ _id }) => _id);
    const sealed = (await auditChain.find().toArray()).flatMap((block) => block.events.map(({ id }) => id));
    expect(sealed.sort()).toEqual(ids.sort());
    expect((await verify(processes.store)).deviations).toEqual([]);
    const untold = () => {
      const told = new Set(workers.flatMap(audited).map(({ id }) => id));
      return ids.filter((id) => !told.has(id));
    };
    // What the last worker told may still be on its way here.
    await vi.waitFor(() => expect(untold()).toEqual([]), { timeout: 30_000, interval: 50 });
  });
});
