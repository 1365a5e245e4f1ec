import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesObject, V1Namespace, V1Secret } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openNamespace } from '../../src/kubernetes/access.js';
import { KubernetesCluster } from '../../src/kubernetes/client.js';
import type { ClusterError, Manifest } from '../../src/kubernetes/cluster.js';
import { managedBy, managedByLabel } from '../../src/kubernetes/labels.js';
import { type Change, ClusterWatch } from '../../src/kubernetes/watch.js';
import { createLogger } from '../../src/observability/logger.js';
import { admin } from '../support/admin-cluster.js';
import { asBroker } from '../support/as-broker.js';
import { RelayedCluster } from '../support/relayed-cluster.js';

/** As the broker: with the least rights, in namespaces that the test opens and removes. The administrator does the rest. */
const cluster = new KubernetesCluster(asBroker());
const never = new AbortController().signal;
const run = `m-k8s-${randomBytes(4).toString('hex')}`;
const labels = { 'holdfast.dev/test': run, 'pod-security.kubernetes.io/enforce': 'restricted' };

const namespaces = { apiVersion: 'v1', kind: 'Namespace' };
const secrets = { apiVersion: 'v1', kind: 'Secret' };
const services = { apiVersion: 'v1', kind: 'Service' };
const pods = { apiVersion: 'v1', kind: 'Pod' };

const serviceAccount = (namespace: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'member', namespace, labels },
});
const secret = (namespace: string, name: string, data: unknown) => ({
  ...secrets,
  metadata: { name, namespace, labels },
  data,
});
const service = (namespace: string, name: string) => ({
  ...services,
  metadata: { name, namespace, labels },
  spec: { clusterIP: 'None', selector: labels, ports: [{ port: 27017 }] },
});
const opened: string[] = [];
async function openTestNamespace(name: string): Promise<string> {
  opened.push(name);
  await openNamespace(
    cluster,
    { name, labels, annotations: { test: 'any "text"' }, serviceAccount: serviceAccount(name) },
    never,
  );
  return name;
}

let home: string;
beforeAll(async () => {
  home = await openTestNamespace(run);
});
afterAll(async () => {
  await Promise.all(opened.map((name) => cluster.remove(namespaces, { name }, never)));
});

const failure = (promise: Promise<unknown>): Promise<ClusterError> =>
  promise.then(
    () => expect.fail('it succeeded'),
    (error: ClusterError) => error,
  );

describe('objects', () => {
  it('applied twice are there once, and unchanged', async () => {
    const first = await admin.apply<Manifest>(service(home, 'twice'), never);
    const second = await admin.apply<Manifest>(service(home, 'twice'), never);
    expect(second.metadata?.uid).toBe(first.metadata?.uid);
    expect(second.metadata?.resourceVersion).toBe(first.metadata?.resourceVersion);
  });

  it('are read and listed by label; what is missing is undefined', async () => {
    await admin.apply(service(home, 'one'), never);
    const one = await admin.read<KubernetesObject>(services, { namespace: home, name: 'one' }, never);
    expect(one?.metadata).toMatchObject({ name: 'one', labels });
    expect(await admin.read(services, { namespace: home, name: 'missing' }, never)).toBeUndefined();
    const listed = await admin.list<KubernetesObject>(services, { namespace: home, labels }, never);
    expect(listed.map(({ metadata }) => metadata?.name)).toContain('one');
    expect(listed[0]).toMatchObject(services);
    expect(await admin.list(services, { namespace: home, labels: { no: 'such' } }, never)).toEqual([]);
  });

  it('are removed; what is gone already is no error', async () => {
    await admin.apply(service(home, 'gone'), never);
    const address = { namespace: home, name: 'gone' };
    expect(await admin.remove(services, address, never)).toBe('gone');
    expect(await admin.remove(services, address, never)).toBe('gone');
    expect(await admin.read(services, address, never)).toBeUndefined();
  });

  it('that are refused say why', async () => {
    const wrong = { ...service(home, 'wrong'), spec: { clusterIP: 'None', ports: [{ port: 99_999 }] } };
    const error = await failure(admin.apply(wrong, never));
    expect(error).toMatchObject({ status: 422, reason: 'Invalid', isInvalid: true });
    expect(error.message).toContain(`apply Service ${home}/wrong: Service "wrong" is invalid: [spec.ports[0].port`);
  });

  it.each([
    ['of the wrong type', 'hunter2'],
    ['with values that are no base64', { password: 'hunter2!' }],
    ['with a key that is not allowed', { 'a b': Buffer.from('hunter2').toString('base64') }],
  ])('that are secret, %s, are refused without an echo of them', async (_name, data) => {
    const error = await failure(admin.apply(secret(home, 'wrong', data), never));
    expect(error.status).toBeGreaterThanOrEqual(400);
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('hunter2');
    expect(`${error.stack}`).not.toContain(Buffer.from('hunter2').toString('base64'));
  });

  it('of kinds that the cluster does not serve are an error of their own', async () => {
    const kind = { apiVersion: 'holdfast.dev/v1', kind: 'Nothing' };
    expect(await failure(admin.read(kind, { name: 'x' }, never))).toMatchObject({ status: 404 });
    expect(await admin.servesGroup('holdfast.dev', never)).toBe(false);
    expect(await admin.servesGroup('apps', never)).toBe(true);
  });
});

describe('a namespace', () => {
  it('is opened with its labels and annotations, and again', async () => {
    await openTestNamespace(home);
    const namespace = await cluster.read<V1Namespace>(namespaces, { name: home }, never);
    expect(namespace?.metadata?.labels).toMatchObject({ ...labels, [managedByLabel]: managedBy });
    expect(namespace?.metadata?.annotations).toMatchObject({ test: 'any "text"' });
  });

  it('lets secrets be written right after it is opened, ten of them side by side', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `${run}-${index}`);
    const password = Buffer.from('hunter2').toString('base64');
    await Promise.all(
      names.map(async (name) => {
        await openTestNamespace(name);
        await cluster.apply(secret(name, 'admin', { password }), never);
      }),
    );
    const read = await admin.read<V1Secret>(secrets, { namespace: `${run}-3`, name: 'admin' }, never);
    expect(read?.data).toEqual({ password });
  });

  it('of others keeps its secrets', async () => {
    for (const namespace of ['default', 'kube-system']) {
      expect(await failure(cluster.list(secrets, { namespace }, never))).toMatchObject({
        status: 403,
        reason: 'Forbidden',
      });
      const written = cluster.apply(secret(namespace, 'admin', {}), never);
      expect(await failure(written)).toMatchObject({ status: 403 });
    }
    expect(await failure(cluster.list(secrets, {}, never))).toMatchObject({ status: 403 });
  });

  it('that is being deleted is a clear error', async () => {
    const name = await openTestNamespace(`${run}-terminating`);
    // A finalizer holds what is in it, and so the namespace, until the test lets go.
    const held = {
      ...serviceAccount(name),
      metadata: { name: 'held', namespace: name, finalizers: ['holdfast.dev/test'] },
    };
    await cluster.apply(held, never);
    expect(await cluster.remove(namespaces, { name }, never)).toBe('deleting');
    const error = await failure(openTestNamespace(name));
    expect(error).toMatchObject({ reason: 'NamespaceTerminating' });
    expect(error.message).toContain('being deleted');
    expect(await failure(cluster.apply(service(name, 'late'), never))).toMatchObject({
      reason: 'NamespaceTerminating',
    });
    await cluster.apply({ ...held, metadata: { ...held.metadata, finalizers: [] } }, never);
  });
});

describe('connections', () => {
  it('stay few over 300 calls', async () => {
    const relayed = await RelayedCluster.start();
    const own = new KubernetesCluster(relayed.config(asBroker()));
    const read = () => own.read(namespaces, { name: home }, never);
    for (let call = 0; call < 100; call += 1) await read();
    expect(relayed.relay.connections).toBe(1);
    await Promise.all(Array.from({ length: 200 }, read));
    expect(relayed.relay.connections).toBeLessThanOrEqual(32);
    await relayed.remove();
  });

  it('are known by who we are', async () => {
    const subject = await cluster.subject(never);
    expect(subject.name).toMatch(/./);
    expect(await cluster.subject(never)).toBe(subject);
    await cluster.ping(never);
  });
});

describe('a watch', () => {
  const changes: (Change & { at: number })[] = [];
  const onReconnect = vi.fn();
  const onChange = (change: Change) => void changes.push({ ...change, at: performance.now() });
  const kinds = [namespaces, pods, { apiVersion: 'apps/v1', kind: 'StatefulSet' }];
  const watchOf = (watched: KubernetesCluster, more: object = {}) =>
    new ClusterWatch(watched, { kinds, labels, onChange, onReconnect, log: createLogger('silent'), ...more });
  const relabel = (name: string) =>
    openNamespace(
      cluster,
      { name, labels: { ...labels, step: randomBytes(4).toString('hex') }, serviceAccount: serviceAccount(name) },
      never,
    );

  it('sees changes within 100 ms', async () => {
    const watch = watchOf(cluster);
    watch.start();
    await vi.waitFor(() => expect(watch.healthy).toBe(true), 5_000);
    for (let change = 0; change < 5; change += 1) {
      changes.length = 0;
      await relabel(home);
      const applied = performance.now();
      await vi.waitFor(() => expect(changes).toHaveLength(1), { timeout: 1_000, interval: 5 });
      expect(changes[0]).toMatchObject({ kind: 'Namespace', namespace: undefined, name: home, type: 'MODIFIED' });
      expect((changes[0]?.at ?? Infinity) - applied).toBeLessThan(100);
    }
    expect(onReconnect).not.toHaveBeenCalled();
    await watch.stop();
  });

  it('survives the break of its connection, and says so', async () => {
    const relayed = await RelayedCluster.start();
    const watch = watchOf(new KubernetesCluster(relayed.config(asBroker())));
    watch.start();
    await vi.waitFor(() => expect(watch.healthy).toBe(true), 5_000);
    relayed.relay.break();
    await vi.waitFor(() => expect(onReconnect).toHaveBeenCalledTimes(kinds.length), 5_000);
    changes.length = 0;
    await relabel(home);
    await vi.waitFor(() => expect(changes).toHaveLength(1));
    expect(watch.healthy).toBe(true);
    await watch.stop();
    await relayed.remove();
  });

  it('of what the broker may not watch does not stop the others', async () => {
    const watch = watchOf(cluster, { kinds: [secrets, namespaces] });
    watch.start();
    await sleep(300);
    changes.length = 0;
    await relabel(home);
    await vi.waitFor(() => expect(changes).toHaveLength(1));
    expect(watch.healthy).toBe(false);
    await watch.stop();
  });
});
