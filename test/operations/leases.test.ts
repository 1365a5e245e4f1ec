import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/store/encryption.js';
import { newIdentifier } from '../../src/store/identifier.js';
import { type Holding, LeaseLostError, OperationsRepository } from '../../src/store/operations.repository.js';
import type { OperationRecord } from '../../src/store/records.js';
import { ServiceInstancesRepository } from '../../src/store/service-instances.repository.js';
import { StubBroker } from '../support/stub-broker.js';

/** What the store allows, and to whom: the lease's rules, with no engine around them. */

const leaseMilliseconds = 60_000;
let stub: StubBroker;
let operations: OperationsRepository;
let id: string;

beforeAll(async () => {
  stub = await StubBroker.start({ HOLDFAST_ROLE: 'api' });
  operations = new OperationsRepository(stub.broker.store, stub.broker.audit);
});
afterAll(() => stub.end());
beforeEach(async () => {
  await stub.broker.store.operations.deleteMany({});
  id = await insert();
});

async function insert(over: Partial<OperationRecord> = {}, deadlineMilliseconds = 60_000): Promise<string> {
  const _id = `op-${newIdentifier()}`;
  const record = {
    _id,
    kind: 'provision' as const,
    service: 'stub',
    procedureVersion: 1,
    instance: _id,
    subject: _id,
    state: 'running' as const,
    active: true,
    lease: { owner: null, until: new Date(0), epoch: 0 },
    steps: {},
    progress: 'accepted',
    pauses: 0,
    ...over,
    allowedMilliseconds: deadlineMilliseconds,
  };
  await stub.broker.store.transaction((session) => operations.insert([record], session));
  return _id;
}

async function take(owner: string): Promise<Holding> {
  const taken = await operations.take(id, owner, leaseMilliseconds);
  if (taken.kind !== 'taken') throw new Error(taken.kind);
  return { operation: id, epoch: taken.operation.lease.epoch };
}

/** As time does. */
const endLease = () => stub.broker.store.operations.updateOne({ _id: id }, { $set: { 'lease.until': new Date(0) } });
const record = async () => await operations.find(id);

describe('a lease', () => {
  it('has one holder, however many ask at once', async () => {
    const owners = Array.from({ length: 20 }, (_, index) => `owner ${index}`);
    const answers = await Promise.all(owners.map((owner) => operations.take(id, owner, leaseMilliseconds)));
    expect(answers.filter(({ kind }) => kind === 'taken')).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === 'busy')).toHaveLength(19);
  });

  it('is taken again only when it has ended', async () => {
    await take('first');
    expect(await operations.take(id, 'second', leaseMilliseconds)).toEqual({ kind: 'busy' });
    await endLease();
    expect(await operations.take(id, 'second', leaseMilliseconds)).toMatchObject({ kind: 'taken' });
  });

  it('is not had while what it follows on the same instance still holds one', async () => {
    await take('first');
    const next = await insert({ instance: id, subject: 'other', kind: 'deprovision' });
    expect(await operations.take(next, 'second', leaseMilliseconds)).toEqual({ kind: 'busy' });
    await endLease();
    expect(await operations.take(next, 'second', leaseMilliseconds)).toMatchObject({ kind: 'taken' });
  });
});

describe('a holder whose lease another has by now', () => {
  let stale: Holding;
  let before: OperationRecord | null;
  beforeEach(async () => {
    stale = await take('stale');
    await endLease();
    await take('next');
    before = await record();
  });

  const writes: Readonly<Record<string, () => Promise<void>>> = {
    renew: () => operations.renew(stale, leaseMilliseconds),
    'record steps': () =>
      operations.recordSteps(stale, { step: { startedAt: new Date(), endedAt: new Date() } }, 'stale'),
    pause: () => operations.pause(stale, { progress: 'stale', pauses: 7, milliseconds: 1 }),
    finish: () => operations.finish(stale, { state: 'succeeded', description: 'stale' }),
  };
  it.each(Object.entries(writes))('cannot %s', async (_, write) => {
    await expect(write()).rejects.toThrow(LeaseLostError);
    expect(await record()).toEqual(before);
  });

  it('gives nothing back that is not its own', async () => {
    await operations.relinquish(id, 'stale');
    expect(await record()).toEqual(before);
  });
});

describe('a holder that has given its lease back', () => {
  it('does not revive it with a renewal that comes late', async () => {
    const holding = await take('first');
    await operations.pause(holding, { progress: 'waiting', pauses: 1, milliseconds: 60_000 });
    const before = await record();
    await expect(operations.renew(holding, leaseMilliseconds)).rejects.toThrow(LeaseLostError);
    expect(await record()).toEqual(before);
  });
});

describe('an operation that is over', () => {
  it('takes no write of the holder that it had', async () => {
    const holding = await take('first');
    await operations.finish(holding, { state: 'succeeded', description: 'done' });
    const before = await record();
    await expect(operations.recordSteps(holding, {}, 'late')).rejects.toThrow(LeaseLostError);
    await expect(operations.finish(holding, { state: 'failed', description: 'late' })).rejects.toThrow(LeaseLostError);
    expect(await operations.take(id, 'second', leaseMilliseconds)).toEqual({ kind: 'over' });
    expect(await record()).toEqual(before);
  });
});

describe('a deadline', () => {
  it('fails nothing before it has passed, and what it fails only once', async () => {
    expect(await operations.failOverdue(id, () => 'late')).toBeUndefined();
    const overdue = await insert({}, -1_000);
    const failed = await Promise.allSettled(
      Array.from({ length: 5 }, () => operations.failOverdue(overdue, () => 'late')),
    );
    expect(failed.filter((each) => each.status === 'fulfilled' && each.value !== undefined)).toHaveLength(1);
    expect(await operations.find(overdue)).toMatchObject({ state: 'failed', active: false, progress: 'late' });
  });
});

describe('admission', () => {
  it('lets no more run than there are places, however many ask at once, in order of acceptance', async () => {
    await stub.broker.store.operations.deleteMany({});
    const queued: string[] = [];
    for (let index = 0; index < 12; index++) queued.push(await insert({ state: 'queued' }));
    const admitted = (await Promise.all(Array.from({ length: 10 }, () => operations.admit(3)))).flat();
    // What two let run at the same moment both of them tell.
    expect([...new Set(admitted)].toSorted()).toEqual(queued.slice(0, 3).toSorted());
    expect(await stub.broker.store.operations.countDocuments({ state: 'running' })).toBe(3);
  });
});

describe('secrets that two generate at once', () => {
  it('are those that were stored first, for both', async () => {
    const { body } = await stub.driver.provision('i', await stub.driver.sold('stub', 'small'));

    const instances = new ServiceInstancesRepository(
      stub.broker.store,
      new KeyRing([{ id: 'test', key: Buffer.alloc(32, 1) }]),
    );
    const { instance } = (await operations.find(String(body.operation))) ?? { instance: '' };
    const kept = await Promise.all(
      Array.from({ length: 10 }, (_, index) => instances.keepSecrets(instance, { key: `key-${index}` })),
    );
    expect(new Set(kept.map(({ key }) => key)).size).toBe(1);
  });
});
