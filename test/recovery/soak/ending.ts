import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from 'mongodb';
import type { AuditEventRecord, OperationRecord, ServiceInstanceRecord } from '../../../src/store/records.js';
import { kinds, madeBy, volumesOf } from '../../support/admin-cluster.js';
import type { Dice } from './dice.js';
import type { Site } from './site.js';

const lookMilliseconds = 500;

export const operationsOf = (store: Db) => store.collection<OperationRecord>('operations');

/** How many operations there are of each kind and state, as `bind succeeded`. */
export async function tally(store: Db): Promise<ReadonlyMap<string, number>> {
  const groups = await operationsOf(store)
    .aggregate<{ _id: { kind: string; state: string }; count: number }>([
      { $group: { _id: { kind: '$kind', state: '$state' }, count: { $count: {} } } },
      { $sort: { '_id.kind': 1, '_id.state': 1 } },
    ])
    .toArray();
  return new Map(groups.map(({ _id, count }) => [`${_id.kind} ${_id.state}`, count]));
}

/** Waits until nothing is in progress; what still is after that, with what it waits for. */
export async function settle(store: Db, seconds: number): Promise<readonly string[]> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const active = await operationsOf(store).find({ active: true }).toArray();
    if (active.length === 0 || Date.now() > deadline) {
      return active.map(({ _id, kind, progress }) => `${kind} ${_id}: ${progress}`);
    }
    await sleep(lookMilliseconds);
  }
}

/** Asks for the end of all instances that there are. */
export async function deleteAll(site: Site, dice: Dice): Promise<void> {
  const instances = site.place.store.collection<ServiceInstanceRecord>('service_instances');
  for (const { instanceId, serviceId, planId } of await instances.find({ living: true }).toArray()) {
    const sold = { service_id: serviceId, plan_id: planId };
    await site.ask(dice, (driver) => driver.deprovision(instanceId, sold));
  }
}

/** What is left when everything was deleted. */
export async function leftovers({ place }: Site, jobSeconds: number): Promise<readonly string[]> {
  const { store } = place;
  const identity = await store.collection('identity').findOne();
  const namespaces = await madeBy(String(identity?.identity), kinds.namespace);
  const instances = await store.collection<ServiceInstanceRecord>('service_instances').find().toArray();
  const volumes = await Promise.all(instances.map(({ _id }) => volumesOf(`m-${_id}`)));
  const deadline = Date.now() + jobSeconds * 1000;
  let jobs = await place.jobs();
  while (jobs.length > 0 && Date.now() < deadline) {
    await sleep(lookMilliseconds);
    jobs = await place.jobs();
  }
  return [
    ...namespaces.map((name) => `namespace ${name}`),
    ...volumes.flat().map(({ metadata }) => `volume ${metadata?.name}`),
    ...instances.filter(({ living, secrets }) => living || secrets).map(({ instanceId }) => `instance ${instanceId}`),
    ...jobs.map((job) => `job ${job}`),
  ];
}

/** Operations that failed, with what was said of them. */
export async function failures(store: Db): Promise<readonly string[]> {
  const failed = await operationsOf(store).find({ state: 'failed' }).toArray();
  return failed.map(({ _id, kind, progress }) => `${kind} ${_id}: ${progress}`);
}

/** Operations whose acceptance or end was not told exactly once. */
export async function untold(store: Db): Promise<readonly string[]> {
  const wrong: string[] = [];
  const events = await store.collection<AuditEventRecord>('audit_events').find().toArray();
  const byOperation = new Map<string | undefined, string[]>();
  for (const { operation, event } of events) byOperation.set(operation, [...(byOperation.get(operation) ?? []), event]);
  for (const { _id, kind, state } of await operationsOf(store).find().toArray()) {
    const told = byOperation.get(_id) ?? [];
    if ([...told].sort().join() !== ['accepted', state].sort().join()) {
      wrong.push(`${kind} ${_id}, which ${state}: ${told.join(', ')}`);
    }
  }
  return wrong;
}
