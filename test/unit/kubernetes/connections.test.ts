import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { KubernetesCluster } from '../../../src/kubernetes/client.js';
import { StandInServer } from './api-server.js';

const pod = { apiVersion: 'v1', kind: 'Pod' };
const address = { namespace: 'n', name: 'p' };
const never = new AbortController().signal;
const answerPod: RequestListener = (_request, response) => {
  response.end(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } }));
};

let server: StandInServer;
afterEach(() => server.stop());

describe('connections', () => {
  it('are shared by calls in a row, and by calls side by side up to the bound', async () => {
    server = await StandInServer.start(answerPod);
    const cluster = new KubernetesCluster(server.config, { maxConnections: 8 });
    for (let call = 0; call < 50; call += 1) await cluster.read(pod, address, never);
    expect(server.connections).toBe(1);
    await Promise.all(Array.from({ length: 250 }, () => cluster.read(pod, address, never)));
    expect(server.connections).toBeLessThanOrEqual(8);
  });

  it('that the server closed while they were idle cost no call', async () => {
    server = await StandInServer.start(answerPod);
    const cluster = new KubernetesCluster(server.config);
    await Promise.all(Array.from({ length: 5 }, () => cluster.read(pod, address, never)));
    // Without a turn of the event loop in between: the client learns of it only when it writes.
    server.breakConnections();
    await expect(cluster.read(pod, address, never)).resolves.toBeDefined();
  });

  it('carry a token that has changed', async () => {
    const seen: (string | undefined)[] = [];
    server = await StandInServer.start((request, response) => {
      seen.push(request.headers.authorization);
      answerPod(request, response);
    });
    const cluster = new KubernetesCluster(server.config);
    await cluster.read(pod, address, never);
    server.config.users = [{ name: 'u', token: 'token-2' }];
    await cluster.read(pod, address, never);
    expect(seen).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(server.connections).toBe(1);
  });
});

describe('a call', () => {
  it('ends after the request timeout, also in the middle of the answer', async () => {
    server = await StandInServer.start((_request, response) => void response.write('{"kind":'));
    const cluster = new KubernetesCluster(server.config, { requestTimeout: 100 });
    const began = Date.now();
    await expect(cluster.read(pod, address, never)).rejects.toMatchObject({ status: 0, reason: 'Timeout' });
    expect(Date.now() - began).toBeLessThan(1_000);
  });

  it('ends when its signal is aborted, before and during it', async () => {
    const aborting = new AbortController();
    server = await StandInServer.start(() => aborting.abort());
    const cluster = new KubernetesCluster(server.config);
    await expect(cluster.read(pod, address, AbortSignal.abort())).rejects.toMatchObject({ reason: 'Aborted' });
    const call = cluster.read(pod, address, aborting.signal);
    await expect(call).rejects.toMatchObject({ status: 0, reason: 'Aborted', request: 'read Pod n/p' });
  });

  it('says that the answer is no JSON, and quotes nothing of it', async () => {
    server = await StandInServer.start((_request, response) => void response.end('hunter2'));
    const cluster = new KubernetesCluster(server.config);
    const error = await cluster.read(pod, address, never).catch((caught: Error) => caught);
    expect(error).toMatchObject({ reason: 'NotJson' });
    expect((error as Error).stack).not.toContain('hunter2');
  });

  it('says that nobody listens', async () => {
    server = await StandInServer.start(answerPod);
    const cluster = new KubernetesCluster(server.config);
    await cluster.ping(never);
    await server.stop();
    await expect(cluster.ping(never)).rejects.toMatchObject({ status: 0, reason: 'ECONNREFUSED' });
    server = await StandInServer.start(answerPod);
  });

  it('leaves nothing on a signal that lives on', async () => {
    server = await StandInServer.start(answerPod);
    const cluster = new KubernetesCluster(server.config);
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => {
        listeners += 1;
        add(...args);
      },
      removeEventListener: (...args: Parameters<typeof remove>) => {
        listeners -= 1;
        remove(...args);
      },
    });
    await Promise.all(Array.from({ length: 20 }, () => cluster.read(pod, address, signal)));
    expect(listeners).toBe(0);
  });
});

describe('requests', () => {
  it('go to where discovery says; a namespaced object needs its namespace', async () => {
    const paths: (string | undefined)[] = [];
    server = await StandInServer.start((request, response) => {
      paths.push(`${request.method} ${request.url}`);
      answerPod(request, response);
    });
    const cluster = new KubernetesCluster(server.config);
    await cluster.read({ apiVersion: 'v1', kind: 'Namespace' }, { name: 'system:A' }, never);
    await cluster.apply({ ...pod, metadata: address }, never);
    await cluster.remove(pod, address, never, { gracePeriodSeconds: 0, propagation: 'Background' });
    await cluster.removeAll(pod, { namespace: 'n', labels: { a: 'b' } }, never);
    expect(paths).toEqual([
      'GET /api/v1/namespaces/system%3AA',
      'PATCH /api/v1/namespaces/n/pods/p?fieldManager=holdfast&force=true',
      'DELETE /api/v1/namespaces/n/pods/p?gracePeriodSeconds=0&propagationPolicy=Background',
      'DELETE /api/v1/namespaces/n/pods?labelSelector=a%3Db',
    ]);
    await expect(cluster.read(pod, { name: 'p' }, never)).rejects.toThrow('its namespace is missing');
    await expect(cluster.read({ apiVersion: 'v1', kind: 'Pot' }, { name: 'p' }, never)).rejects.toMatchObject({
      status: 404,
    });
  });

  it('of a long list go on until its last page', async () => {
    const items = (...names: string[]) => names.map((name) => ({ metadata: { name } }));
    server = await StandInServer.start(({ url }, response) => {
      const second = url?.includes('continue=more');
      const page = second
        ? { items: items('c'), metadata: {} }
        : { items: items('a', 'b'), metadata: { continue: 'more' } };
      response.end(JSON.stringify(page));
    });
    const listed = await new KubernetesCluster(server.config).list(pod, {}, never);
    expect(listed).toEqual(items('a', 'b', 'c').map((item) => ({ ...pod, ...item })));
  });
});
