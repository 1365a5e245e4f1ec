import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { KubernetesCluster } from '../../../src/kubernetes/client.js';
import { type Change, ClusterWatch, type ClusterWatchOptions } from '../../../src/kubernetes/watch.js';
import { createLogger } from '../../../src/observability/logger.js';
import { StandInServer } from './api-server.js';

const log = createLogger('silent');
const changes: Change[] = [];
const versions: (string | null)[] = [];
const onReconnect = vi.fn();
/** How the stand-in answers a watch, which begins with `resourceVersion`. */
let answerWatch: (response: ServerResponse, resourceVersion: string | null) => void;
let answerList: (response: ServerResponse) => void;
let server: StandInServer;
let watch: ClusterWatch;

const event = (type: string, name: string, resourceVersion: string) =>
  `${JSON.stringify({ type, object: { metadata: { namespace: 'n', name, resourceVersion } } })}\n`;

function answer({ url }: IncomingMessage, response: ServerResponse): void {
  const { searchParams } = new URL(url ?? '', 'https://stand-in');
  if (!searchParams.has('watch')) {
    answerList(response);
    return;
  }
  versions.push(searchParams.get('resourceVersion'));
  response.writeHead(200).flushHeaders();
  answerWatch(response, searchParams.get('resourceVersion'));
}

function startWatch(options: Partial<ClusterWatchOptions> = {}): void {
  watch = new ClusterWatch(new KubernetesCluster(server.config), {
    kinds: [{ apiVersion: 'v1', kind: 'Pod' }],
    labels: { a: 'b' },
    onChange: (change) => changes.push(change),
    onReconnect,
    log,
    ...options,
  });
  watch.start();
}

beforeEach(async () => {
  changes.length = 0;
  versions.length = 0;
  onReconnect.mockReset();
  answerWatch = () => undefined;
  answerList = (response) => void response.end(JSON.stringify({ metadata: { resourceVersion: '100' }, items: [] }));
  server = await StandInServer.start(answer);
});
afterEach(async () => {
  await watch.stop();
  await server.stop();
  vi.restoreAllMocks();
});

it('tells of changes from now on, and not of bookmarks', async () => {
  answerWatch = (response) => void response.write(event('ADDED', 'p', '101') + event('BOOKMARK', '', '102'));
  startWatch();
  expect(watch.healthy).toBe(false);
  await vi.waitFor(() => expect(changes).toEqual([{ kind: 'Pod', namespace: 'n', name: 'p', type: 'ADDED' }]));
  expect(versions).toEqual(['100']);
  expect(watch.healthy).toBe(true);
  expect(onReconnect).not.toHaveBeenCalled();
});

it('goes on after the last event when its connection breaks, and says so once', async () => {
  answerWatch = (response, from) =>
    void response.write(from === '100' ? event('BOOKMARK', '', '150') : event('DELETED', 'q', '151'));
  startWatch();
  await vi.waitFor(() => expect(watch.healthy).toBe(true));
  await new Promise((resolve) => setTimeout(resolve, 50));
  server.breakConnections();
  await vi.waitFor(() => expect(watch.healthy).toBe(false));
  await vi.waitFor(() => expect(changes).toHaveLength(1));
  expect(versions).toEqual(['100', '150']);
  expect(onReconnect).toHaveBeenCalledTimes(1);
});

it('starts from now when the server has forgotten the last version', async () => {
  const gone = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } };
  answerWatch = (response, from) => void (from === '100' && response.end(`${JSON.stringify(gone)}\n`));
  startWatch();
  await vi.waitFor(() => expect(versions).toEqual(['100']));
  answerList = (response) => void response.end(JSON.stringify({ metadata: { resourceVersion: '900' } }));
  await vi.waitFor(() => expect(versions).toEqual(['100', '900']));
  await vi.waitFor(() => expect(onReconnect).toHaveBeenCalledTimes(1));
});

it('takes silence for a dead connection', async () => {
  startWatch({ inactivityTimeout: 100 });
  await vi.waitFor(() => expect(versions.length).toBeGreaterThanOrEqual(2), { timeout: 3_000 });
  await vi.waitFor(() => expect(onReconnect).toHaveBeenCalled());
});

it('neither counts an end in good order as lost, nor runs in a tight loop where the server ends every watch', async () => {
  answerWatch = (response) => void response.end();
  startWatch();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(versions.length).toBeGreaterThanOrEqual(2);
  expect(versions.length).toBeLessThan(6);
  expect(onReconnect).not.toHaveBeenCalled();
  expect(watch.healthy).toBe(true);
});

it('says once that a kind is refused, and goes on with the others', async () => {
  const errors = vi.spyOn(log, 'error');
  const namespaces = { apiVersion: 'v1', kind: 'Namespace' };
  startWatch({ kinds: [{ apiVersion: 'v1', kind: 'Pot' }, namespaces] });
  await vi.waitFor(() => expect(versions).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(errors).toHaveBeenCalledTimes(1);
  expect(errors.mock.calls[0]?.[1]).toContain('Pot cannot be watched');
  expect(watch.healthy).toBe(false);
});

it('survives a listener that throws', async () => {
  answerWatch = (response) => void response.write(event('ADDED', 'p', '101') + event('ADDED', 'q', '102'));
  const names: string[] = [];
  startWatch({
    onChange: ({ name }) => {
      names.push(name);
      throw new Error('of the listener');
    },
  });
  await vi.waitFor(() => expect(names).toEqual(['p', 'q']));
  expect(watch.healthy).toBe(true);
});

it('starts without an API server, and stops at once, also while it waits to try again', async () => {
  await server.stop();
  startWatch();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const began = Date.now();
  await watch.stop();
  expect(Date.now() - began).toBeLessThan(100);
  expect(watch.healthy).toBe(false);
});
