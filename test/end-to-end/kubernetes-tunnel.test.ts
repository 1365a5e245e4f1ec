import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openNamespace } from '../../src/kubernetes/access.js';
import { KubernetesCluster } from '../../src/kubernetes/client.js';
import type { ClusterError } from '../../src/kubernetes/cluster.js';
import { asBroker } from '../support/as-broker.js';
import { RelayedCluster } from '../support/relayed-cluster.js';

/** Tunnels to a pod that the broker, with the least rights, made in a namespace of its own. */
const cluster = new KubernetesCluster(asBroker());
const never = new AbortController().signal;
const image = process.env.HOLDFAST_TEST_IMAGE ?? 'localhost/holdfast/mongodb:6.0.27';
const home = `m-tunnel-${randomBytes(4).toString('hex')}`;
const labels = { 'holdfast.dev/test': home, 'pod-security.kubernetes.io/enforce': 'restricted' };
const pods = { apiVersion: 'v1', kind: 'Pod' };
const pod = 'db-0';

/** One mongod without TLS: it answers plain HTTP. */
const statefulSet = (namespace: string) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace, labels },
  spec: {
    replicas: 1,
    serviceName: 'db',
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: 'member',
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 0,
        securityContext: { runAsNonRoot: true, runAsUser: 999, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'mongod',
            image,
            imagePullPolicy: 'IfNotPresent',
            command: ['mongod', '--bind_ip_all', '--dbpath', '/data'],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          },
        ],
        volumes: [{ name: 'data', emptyDir: {} }],
      },
    },
  },
});

beforeAll(async () => {
  const serviceAccount = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'member', namespace: home, labels },
  };
  await openNamespace(cluster, { name: home, labels, serviceAccount }, never);
  await cluster.apply(statefulSet(home), never);
  await vi.waitFor(async () => expect(await httpGet(27017)).toMatch(/^HTTP\/1\.[01] 200/), {
    timeout: 60_000,
    interval: 200,
  });
}, 70_000);
afterAll(() => cluster.remove({ apiVersion: 'v1', kind: 'Namespace' }, { name: home }, never));

const failure = (promise: Promise<unknown>): Promise<ClusterError> =>
  promise.then(
    () => expect.fail('it succeeded'),
    (error: ClusterError) => error,
  );

async function httpGet(port: number): Promise<string> {
  const stream = await cluster.tunnel(home, pod, port, never);
  stream.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  return text(stream);
}

it('carries bytes both ways, many tunnels side by side', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => httpGet(27017)));
  expect(answers.every((answer) => answer.startsWith('HTTP/1.'))).toBe(true);
});

it('to a port where nothing listens is destroyed with the reason', async () => {
  const stream = await cluster.tunnel(home, pod, 27999, never);
  const error = await failure(text(stream));
  expect(error).toMatchObject({ name: 'ClusterError', reason: 'PortForwardFailed' });
  expect(error.message).toMatch(/connection refused/);
});

it('to a pod that is missing says so', async () => {
  const error = await failure(cluster.tunnel(home, 'db-9', 27017, never));
  expect(error).toMatchObject({ status: 404, reason: 'NotFound' });
  expect(error.message).toContain('db-9');
});

it('ends with its signal, before and while it is open', async () => {
  expect(await failure(cluster.tunnel(home, pod, 27017, AbortSignal.abort()))).toMatchObject({ reason: 'Aborted' });
  const aborting = new AbortController();
  const stream = await cluster.tunnel(home, pod, 27017, aborting.signal);
  aborting.abort();
  expect(await failure(text(stream))).toMatchObject({ name: 'ClusterError', reason: 'Aborted' });
});

it('ends when its connection breaks', async () => {
  const relayed = await RelayedCluster.start();
  const stream = await new KubernetesCluster(relayed.config(asBroker())).tunnel(home, pod, 27017, never);
  relayed.relay.break();
  expect(await failure(text(stream))).toMatchObject({ name: 'ClusterError', reason: 'ConnectionLost' });
  await relayed.remove();
});

it('ends when it is ended, and at once when destroyed', async () => {
  const closed = (stream: Duplex) => new Promise((resolve) => stream.once('close', resolve));
  const ended = await cluster.tunnel(home, pod, 27017, never);
  ended.resume().end();
  await closed(ended);
  const destroyed = await cluster.tunnel(home, pod, 27017, never);
  destroyed.destroy();
  await closed(destroyed);
});

it('ends when the pod is removed with no grace', async () => {
  const stream = await cluster.tunnel(home, pod, 27017, never);
  const ended = text(stream).catch((error: ClusterError) => error.reason);
  const before = await cluster.read<V1Pod>(pods, { namespace: home, name: pod }, never);
  await cluster.removeAll(pods, { namespace: home, labels }, never, { gracePeriodSeconds: 0 });
  const after = await cluster.read<V1Pod>(pods, { namespace: home, name: pod }, never);
  expect(after?.metadata?.uid).not.toBe(before?.metadata?.uid);
  expect(['', 'ConnectionLost', 'PortForwardFailed']).toContain(await ended);
}, 30_000);
