import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AcceptancesRepository,
  DecisionOutdatedError,
  type NewAcceptance,
} from '../../src/store/acceptances.repository.js';
import { KeyRing } from '../../src/store/encryption.js';
import { newIdentifier } from '../../src/store/identifier.js';
import { OperationsRepository } from '../../src/store/operations.repository.js';
import type { ServiceInstanceRecord } from '../../src/store/records.js';
import { ServiceBindingsRepository } from '../../src/store/service-bindings.repository.js';
import { ServiceInstancesRepository } from '../../src/store/service-instances.repository.js';
import { StubBroker } from '../support/stub-broker.js';

/** Requests that are accepted by one transaction: each whole or not at all, whatever becomes of the others. */

let stub: StubBroker;
let instances: ServiceInstancesRepository;
let acceptances: AcceptancesRepository;

beforeAll(async () => {
  stub = await StubBroker.start({ HOLDFAST_ROLE: 'api' });
  const { store, audit } = stub.broker;
  const keys = new KeyRing([{ id: 'k', key: Buffer.alloc(32) }]);
  instances = new ServiceInstancesRepository(store, keys);
  const bindings = new ServiceBindingsRepository(store, keys);
  const operations = new OperationsRepository(store, audit);
  acceptances = new AcceptancesRepository({ store, instances, bindings, operations, audit });
});
afterAll(() => stub.end());

function record(instanceId: string, lastOperation: string): ServiceInstanceRecord {
  const plan = { name: 'small', template: {}, templateVersion: 1, maximumPollingDuration: 600 };
  return {
    _id: newIdentifier(),
    platform: 'platform',
    instanceId,
    living: true,
    phase: 'creating',
    service: 'stub',
    serviceId: 's',
    planId: 'p',
    plan,
    organizationGuid: 'o',
    spaceGuid: 's',
    context: {},
    revision: 0,
    lastOperation,
    createdAt: new Date(),
  };
}

function acceptance(
  kind: 'provision' | 'deprovision',
  instanceId: string,
  { _id }: ServiceInstanceRecord,
  operation: string,
  instance: NewAcceptance['changes']['instance'],
): NewAcceptance {
  return {
    changes: { instance, ...(kind === 'deprovision' && { supersedes: 'instance' as const }) },
    operation: {
      _id: operation,
      kind,
      service: 'stub',
      procedureVersion: 1,
      instance: _id,
      subject: _id,
      state: 'running',
      active: true,
      lease: { owner: null, until: new Date(0), epoch: 0 },
      steps: {},
      progress: 'accepted',
      pauses: 0,
      allowedMilliseconds: 60_000,
    },
    event: { event: 'accepted', operation, kind, instanceId, platform: 'platform' },
  };
}

function provision(instanceId: string): NewAcceptance {
  const operation = newIdentifier();
  const made = record(instanceId, operation);
  return acceptance('provision', instanceId, made, operation, instances.insertion(made));
}

function deprovision(seen: ServiceInstanceRecord): NewAcceptance {
  const operation = newIdentifier();
  const claim = instances.claim(seen, { phase: 'deleting', lastOperation: operation });
  return acceptance('deprovision', seen.instanceId, seen, operation, claim);
}

/** How many there are of what the operations wrote. */
async function written(operations: readonly NewAcceptance[]) {
  const { store } = stub.broker;
  const ids = operations.map(({ operation }) => operation._id);
  const events = await store.auditEvents.find({ operation: { $in: ids }, event: 'accepted' }).toArray();
  return {
    instances: await store.instances.countDocuments({ lastOperation: { $in: ids } }),
    operations: await store.operations.countDocuments({ _id: { $in: ids } }),
    events: events.length,
    notes: await store.unsealedEvents.countDocuments({ _id: { $in: events.map(({ _id }) => _id) } }),
  };
}

const all = (count: number) => ({ instances: count, operations: count, events: count, notes: count });
const statuses = async (accepted: readonly NewAcceptance[]) =>
  (await acceptances.write(accepted)).map(({ status }) => status);
const living = async (id: string) => {
  const found = await instances.findLiving('platform', id);
  if (!found) throw new Error(`there is no ${id}`);
  return found;
};

describe('requests that are accepted together', () => {
  it("are all written, at one time by the store's clock, with deadlines of their own", async () => {
    const together = ['a', 'b', 'c'].map(provision);
    expect(await statuses(together)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(await written(together)).toEqual(all(3));
    const ids = together.map(({ operation }) => operation._id);
    const operations = await stub.broker.store.operations.find({ _id: { $in: ids } }).toArray();
    const [{ acceptedAt } = { acceptedAt: new Date(0) }] = operations;
    for (const operation of operations) {
      expect(operation).toMatchObject({ acceptedAt, wakeAt: acceptedAt });
      expect(operation.deadline.getTime() - acceptedAt.getTime()).toBe(60_000);
      expect(operation).not.toHaveProperty('allowedMilliseconds');
    }
  });

  it('do without one whose id was taken', async () => {
    await acceptances.write([provision('taken')]);
    const [first, second, third] = [provision('d'), provision('taken'), provision('e')];
    expect(await statuses([first, second, third])).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await written([first, third])).toEqual(all(2));
    expect(await written([second])).toEqual(all(0));
  });

  it('do without one that was decided on what is no longer so', async () => {
    await acceptances.write([provision('f'), provision('g')]);
    const seen = { f: await living('f'), g: await living('g') };
    await stub.broker.store.instances.updateOne({ _id: seen.f._id }, { $set: { phase: 'ready' } });
    const [outdated, current] = [deprovision(seen.f), deprovision(seen.g)];
    const [first, second] = await acceptances.write([outdated, current]);
    expect(first).toMatchObject({ status: 'rejected', reason: expect.any(DecisionOutdatedError) });
    expect(second).toMatchObject({ status: 'fulfilled' });
    expect(await written([outdated])).toEqual(all(0));
    expect(await written([current])).toEqual(all(1));
  });

  it('end what runs on each of those that are deleted', async () => {
    const made = [provision('h'), provision('i')];
    await acceptances.write(made);
    const deletes = [deprovision(await living('h')), deprovision(await living('i'))];
    expect(await statuses(deletes)).toEqual(['fulfilled', 'fulfilled']);
    const ids = made.map(({ operation }) => operation._id);
    const ended = await stub.broker.store.operations.find({ _id: { $in: ids } }).toArray();
    expect(ended.map(({ state }) => state)).toEqual(['superseded', 'superseded']);
  });
});
