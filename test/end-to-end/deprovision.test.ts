import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Namespace } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ServiceInstanceRecord } from '../../src/store/records.js';
import { admin, inNamespace, kinds, never, volumesOf } from '../support/admin-cluster.js';
import { operationSeconds, provision } from '../support/apps.js';
import type { BrokerDriver, Sold } from '../support/broker-driver.js';
import { BrokerPlace } from '../support/broker-place.js';

let place: BrokerPlace;
let broker: BrokerDriver;
let sold: Sold;

beforeAll(async () => {
  place = await BrokerPlace.open();
  broker = await place.install();
  sold = await broker.sold('mongodb', 'replica-set-small');
});
afterAll(() => place.close());

/** Asks for the end of an instance, waits for it, and answers the operation. */
async function deprovision(instanceId: string): Promise<string> {
  const { status, body } = await broker.deprovision(instanceId, sold);
  expect(status).toBe(202);
  const ended = await broker.poll(instanceId, { seconds: operationSeconds });
  expect(ended).toMatchObject({ state: 'succeeded' });
  return String(body.operation);
}

/** Everything in the cluster that is an instance's, in no particular order. */
async function leftOf(namespace: string): Promise<readonly string[]> {
  const { volume, ...namespaced } = kinds;
  const [namespaces, volumes, ...objects] = await Promise.all([
    admin.read(kinds.namespace, { name: namespace }, never).then((found) => (found ? [found] : [])),
    volumesOf(namespace),
    ...Object.values(namespaced)
      .filter(({ kind }) => kind !== 'Namespace')
      .map((kind) => inNamespace(kind, namespace)),
  ]);
  return [...namespaces, ...volumes, ...objects.flat()].map(({ kind, metadata }) => `${kind} ${metadata?.name}`);
}

/** Nothing is left at the very moment in which the platform is told so. */
async function isGone(instanceId: string, { id, namespace }: { id: string; namespace: string }): Promise<void> {
  expect(await leftOf(namespace)).toEqual([]);
  expect(await broker.fetchInstance(instanceId)).toMatchObject({ status: 404 });
  expect(await broker.deprovision(instanceId, sold)).toMatchObject({ status: 410 });
  const record = await place.store.collection<ServiceInstanceRecord>('service_instances').findOne({ _id: id });
  expect(record).toMatchObject({ living: false, phase: 'deleted' });
  expect(record).not.toHaveProperty('secrets');
  expect(record).not.toHaveProperty('parameters');
}

/** No kubelet ends it. */
function podOnLostNode(address: { readonly namespace: string; readonly name: string }) {
  const securityContext = {
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    seccompProfile: { type: 'RuntimeDefault' },
    capabilities: { drop: ['ALL'] },
  };
  return {
    ...kinds.pod,
    metadata: address,
    spec: {
      nodeName: 'lost',
      terminationGracePeriodSeconds: 120,
      containers: [{ name: 'any', image: 'any', securityContext }],
    },
  };
}

describe('a DELETE', () => {
  it.concurrent('leaves no object, no volume and no data of an instance', async () => {
    await provision(broker, 'whole', sold);
    const instance = await place.instance('whole');
    const kindsThere = new Set((await leftOf(instance.namespace)).map((object) => object.split(' ')[0]));
    expect([...kindsThere].sort()).toEqual(
      Object.values(kinds)
        .map(({ kind }) => kind)
        .sort(),
    );
    const folders = (await volumesOf(instance.namespace)).map(({ spec }) => spec?.local?.path ?? '');
    expect(folders.map((folder) => existsSync(folder))).toEqual([true, true, true]);
    const operation = await deprovision('whole');
    await isGone('whole', instance);
    expect(folders.map((folder) => existsSync(folder))).toEqual([false, false, false]);
    expect(await place.jobs()).not.toContain(operation);
  });

  it.concurrent.each([
    ['at once', /^waiting for other operations/],
    ['while its objects are made', /^creating the Kubernetes objects/],
    ['while its members start', /Pending/],
    ['while its members are added', /adding the members/],
    ['while its members learn to vote', /^waiting for the members to vote/],
  ])('during a provision ends clean: %s', async (name, moment) => {
    const { body } = await broker.provision(name, sold);
    const operation = String(body.operation);
    await place.watch.untilDescription(operation, moment);
    const instance = await place.instance(name);
    await deprovision(name);
    expect(place.watch.current(operation)).toMatchObject({ state: 'superseded', active: false });
    await isGone(name, instance);
  });

  // Kubernetes looks at a namespace five seconds after a change; where pods are left, otherwise only after a minute.
  it.concurrent('does not wait for Kubernetes to look again where a pod ended late', async () => {
    const developer = await broker.sold('mongodb', 'developer');
    await provision(broker, 'late', developer);
    const instance = await place.instance('late');
    const lost = { namespace: instance.namespace, name: 'on-a-lost-node' };
    await admin.apply(podOnLostNode(lost), never);
    await broker.deprovision('late', developer);
    await vi.waitFor(async () => {
      const namespace = await admin.read<V1Namespace>(kinds.namespace, { name: instance.namespace }, never);
      expect(namespace?.status?.conditions).toBeDefined();
    }, 30_000);
    // What it found when it looked is a change of the namespace, so it looks once more after five seconds.
    await sleep(7_000);
    await admin.remove(kinds.pod, lost, never, { gracePeriodSeconds: 0 });
    expect(await broker.poll('late', { seconds: 35 })).toMatchObject({ state: 'succeeded' });
    await isGone('late', instance);
  });

  it('leaves the id free for another instance', async () => {
    await provision(broker, 'whole', await broker.sold('mongodb', 'developer'));
    expect(await broker.fetchInstance('whole')).toMatchObject({ status: 200 });
  });
});
