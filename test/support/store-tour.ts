import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuditVerification } from '../../src/audit/verification.js';
import { done, wait } from '../../src/operations/step.js';
import { openAuditKey } from '../../src/store/audit-keys.js';
import { KeyRing } from '../../src/store/encryption.js';
import { demandKeys, isKnown } from '../../src/store/encryption-keys.js';
import { FiguresRepository } from '../../src/store/figures.repository.js';
import { rotateKeys } from '../../src/store/key-rotation.js';
import { OperatorsRepository } from '../../src/store/operators.repository.js';
import { OrphansRepository } from '../../src/store/orphans.repository.js';
import { ServiceInstancesRepository } from '../../src/store/service-instances.repository.js';
import type { Store } from '../../src/store/store.js';
import type { Sold } from './broker-driver.js';
import { eventually } from './eventually.js';
import { addCopies, type Keys, type Sample, samplesOf } from './instance-copies.js';
import { beginRotation } from './rotations.js';
import { encryptionKey, type StubBroker } from './stub-broker.js';

/* A store that is full of what is in the way of each query, and a broker that asks for everything that there is to ask. */

const ring = new KeyRing([encryptionKey]);
const longAgo = new Date('2020-01-01');
const seconds = 30;

/** Copies what the broker makes here, `many` times of each kind that a query might stumble over. */
export async function fillStore({ broker: { store }, driver, service }: StubBroker, many: number): Promise<void> {
  const sold = await driver.sold('stub', 'small');
  for (const id of ['sample', 'crowded']) {
    await driver.provision(id, sold);
    await driver.poll(id, { seconds });
  }
  for (const id of ['sample', 'crowded']) {
    await driver.bind(id, `${id}-b`, sold);
    await driver.poll(id, { bindingId: `${id}-b`, seconds });
  }
  const keys = { ring, audit: await openAuditKey(store, ring) };
  const [sample, crowded] = [await sampleOf(store, 'sample'), await sampleOf(store, 'crowded')];
  const add = (name: (number: number) => string, change: (of: Sample) => Sample) =>
    addCopies(store, keys, [change(sample)], many, { name, age: (number) => number * 1_000 });

  await add(
    (number) => `ready-${number}`,
    (of) => of,
  );
  // Former incarnations of one id.
  await add(
    () => 'reused',
    (of) => changed(of, { living: false, phase: 'deleted', deletedAt: longAgo }, { living: false, phase: 'deleted' }),
  );
  // What is due and cannot be done: instances that failed, bindings that nobody has unbound.
  await add(
    (number) => `failed-${number}`,
    (of) =>
      changed(
        of,
        { phase: 'failed', nextRotation: { what: 'key', at: longAgo } },
        { phase: 'expired', expiresAt: longAgo },
      ),
  );
  await addBindings(store, keys, crowded, many);
  // As many provisions as wait while others run.
  service.behaviour = async ({ instanceId }) => (instanceId.startsWith('running') ? wait('held') : done);
  for (const id of ['running-1', 'running-2', 'waiting']) await driver.provision(id, sold);
  await addCopies(store, keys, [await sampleOf(store, 'waiting')], many, {
    name: (number) => `waiting-${number}`,
    age: (number) => many - number,
  });
}

async function sampleOf(store: Store, instanceId: string): Promise<Sample> {
  const [sample] = await samplesOf(store, instanceId);
  if (!sample) throw new Error(`the store has no ${instanceId}`);
  return sample;
}

function changed(
  sample: Sample,
  instance: Partial<Sample['instance']>,
  binding: Partial<Sample['bindings'][number]>,
): Sample {
  return {
    ...sample,
    instance: { ...sample.instance, ...instance },
    bindings: sample.bindings.map((each) => ({ ...each, ...binding })),
  };
}

/** Bindings of one instance that are no more, with their operations. */
async function addBindings(store: Store, keys: Keys, crowded: Sample, many: number): Promise<void> {
  const bindings = crowded.bindings.map((each) => ({ ...each, living: false, phase: 'deleted' as const }));
  const operations = crowded.operations.filter(({ kind }) => kind === 'bind');
  const events = crowded.events.filter(({ kind }) => kind === 'bind');
  await addCopies(store, keys, [{ ...crowded, bindings, operations, events }], many, {
    name: (number) => `crowded-${number}`,
    age: (number) => number * 1_000,
  });
  const owner = crowded.instance._id;
  const made = await store.instances.find({ instanceId: /^crowded-/ }, { projection: { _id: 1 } }).toArray();
  const ids = made.map(({ _id }) => _id);
  await store.bindings.updateMany({ instance: { $in: ids } }, { $set: { instance: owner } });
  await store.operations.updateMany({ instance: { $in: ids } }, { $set: { instance: owner } });
  await store.auditEvents.updateMany({ instanceId: /^crowded-/ }, { $set: { instanceId: 'crowded' } });
  await store.instances.deleteMany({ _id: { $in: ids } });
}

/** Has the broker ask its store for all that it ever asks for. It answers binds and unbinds at once. */
export async function tourStore(stub: StubBroker): Promise<void> {
  const { store } = stub.broker;
  const sold = await stub.driver.sold('stub', 'small');
  await whatPlatformsAsk(stub, sold);
  await whatIsInterrupted(stub, sold);
  await whatIsDoneByItself(stub, await stub.driver.sold('stub', 'hasty'));
  await whatOperatorsAsk(store);
  const figures = new FiguresRepository(store);
  await figures.read();
  await figures.countInstances();
  const instances = new ServiceInstancesRepository(store, ring);
  await instances.livingAmong((await instances.idsInUse()).slice(0, 100));
  const polled = [
    ['platform', 'ready-1'],
    ['platform', 'waiting-1'],
    ['other', 'ready-1'],
  ] as const;
  await Promise.all(polled.map(([platform, id]) => instances.findNewestOperation(platform, id)));
  await Promise.all(polled.map(([platform, id]) => instances.findLiving(platform, id)));
  const orphans = new OrphansRepository(store);
  for (const names of [['m-a', 'm-b'], ['m-b'], []]) await orphans.note(names, 0);
  await whatCommandsAsk(store);
}

/** The first that anybody asks of a store. */
export async function tourEmptyStore(store: Store): Promise<void> {
  await AuditVerification.run(store, ring, undefined, () => {});
  await openAuditKey(store, ring);
}

async function whatPlatformsAsk({ driver }: StubBroker, sold: Sold): Promise<void> {
  await driver.lastOperation('waiting-100');
  await driver.lastOperation('reused');
  await driver.raw('GET', '/v2/service_instances/ready-1/last_operation', { query: { operation: 'op-unknown' } });
  await driver.fetchInstance('ready-1');
  await driver.update('ready-1', { service_id: sold.service_id, parameters: { colour: 'blue' } });
  await driver.poll('ready-1', { seconds });
  await driver.update('ready-1', { service_id: sold.service_id, context: { name: 'other' } });
  await driver.bind('crowded', 'new', sold);
  await driver.poll('crowded', { bindingId: 'new', seconds });
  await driver.fetchBinding('crowded', 'new');
  await driver.unbind('crowded', 'new', sold);
  await driver.poll('crowded', { bindingId: 'new', seconds });
  for (const id of ['crowded', 'waiting-101']) {
    await driver.deprovision(id, sold);
    await driver.poll(id, { seconds });
  }
}

/** Binds that a DELETE of the binding, or of the instance, comes between while they run: their leases are lost. */
async function whatIsInterrupted({ driver, service }: StubBroker, sold: Sold): Promise<void> {
  const { behaviour } = service;
  const deletions = {
    'ready-2': () => driver.unbind('ready-2', 'ready-2-new', sold),
    'ready-3': () => driver.deprovision('ready-3', sold),
  };
  for (const [id, remove] of Object.entries(deletions)) {
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let hasBegun = false;
    service.behaviour = async (step) => {
      if (step.instanceId !== id || step.verb !== 'bind') return await behaviour(step);
      hasBegun = true;
      await held;
      return done;
    };
    await driver.bind(id, `${id}-new`, sold);
    await eventually(() => hasBegun);
    // Long enough for the lease to be renewed.
    await sleep(2_500);
    await remove();
    goOn();
    await driver.poll(id, { seconds, ...(id === 'ready-2' && { bindingId: `${id}-new` }) });
  }
  service.behaviour = behaviour;
}

/** Without being asked: what is due, what is late, and what has its turn. */
async function whatIsDoneByItself({ broker: { store }, driver }: StubBroker, hasty: Sold): Promise<void> {
  const [rotated, expiring] = await Promise.all(
    ['ready-4', 'ready-5'].map((instanceId) => store.instances.findOne({ instanceId })),
  );
  if (!rotated || !expiring) throw new Error('the store lacks instances');
  await beginRotation(store.database, rotated._id, 'key');
  await store.bindings.updateOne({ instance: expiring._id }, { $set: { expiresAt: longAgo } });
  await eventually(async () => (await store.bindings.findOne({ instance: expiring._id }))?.phase === 'expired', 30_000);
  await driver.provision('late', hasty);
  await eventually(async () => (await driver.lastOperation('late')).body.state === 'failed', 30_000);
  // It gives its place to the first that waits.
  const sold = await driver.sold('stub', 'small');
  await driver.deprovision('running-1', sold);
  const { state } = await driver.poll('waiting-0', { seconds });
  if (state !== 'succeeded') throw new Error(`the first that waited is ${state}`);
}

async function whatOperatorsAsk(store: Store): Promise<void> {
  const operators = new OperatorsRepository(store);
  const [some] = await operators.instances({}, undefined, 1);
  const crowded = await store.instances.findOne({ instanceId: 'crowded' });
  if (!some || !crowded) throw new Error('the store lacks instances');
  const instancePages = combinations({ platform: some.platform, phase: 'updating' as const, planId: some.planId });
  for (const filter of [...instancePages, { phase: 'deleted' as const }]) {
    const page = await operators.instances(filter, undefined, 10);
    await operators.instances(filter, page.at(-1)?._id ?? some._id, 10);
  }
  for (const filter of combinations({ states: ['failed'] as const, instance: crowded._id })) {
    const page = await operators.operations(filter, undefined, 10);
    const last = page.at(-1);
    await operators.operations(filter, last && { at: last.acceptedAt, id: last._id }, 10);
  }
  for (const filter of combinations({ platform: some.platform, instanceId: 'crowded' })) {
    const last = (await operators.auditEvents(filter, undefined, 500)).at(-1);
    await operators.auditEvents(filter, last && { at: last.at, id: last._id }, 10);
  }
  await operators.instance(some._id);
  await operators.bindingsOf(some._id);
  await operators.operation(some.lastOperation);
}

/** With each of some fields, and without. */
function combinations<Filter extends object>(filter: Filter): readonly Partial<Filter>[] {
  return Object.entries(filter).reduce<readonly Partial<Filter>[]>(
    (all, [field, value]) => all.flatMap((each) => [each, { ...each, [field]: value }]),
    [{}],
  );
}

/** What those ask who run Holdfast, by commands. */
async function whatCommandsAsk(store: Store): Promise<void> {
  const at = longAgo;
  const event = { _id: 'unsealed', at, event: 'failed', kind: 'bind', platform: 'p', instanceId: 'i' } as const;
  await store.auditEvents.insertOne(event);
  // Of a key that nobody knows: no broker seals it.
  await store.unsealedEvents.insertOne({ _id: event._id, at, key: 99, mac: '' });
  await makeAuditOlder(store);
  await AuditVerification.run(store, ring, undefined, () => {});
  const newer = { id: 'newer', key: randomBytes(32) };
  await demandKeys(store.database, [encryptionKey]);
  await rotateKeys(store.database, new KeyRing([newer, encryptionKey]), () => {});
  // It is no broker's yet, and something is sealed with it.
  await demandKeys(store.database, [newer, encryptionKey]);
  await isKnown(store.database, newer.id);
}

/** As if the chain had begun before the events that are to be looked for in it. */
async function makeAuditOlder(store: Store): Promise<void> {
  const record = await store.auditKeys.findOne();
  if (!record) throw new Error('there is no audit key');
  const place = `audit_keys/${record._id}/key` as const;
  const made = { ...ring.open(record.key, place), since: new Date(0).toISOString() };
  await store.auditKeys.updateOne({ _id: record._id }, { $set: { key: ring.seal(made, place) } });
}
