import { randomBytes } from 'node:crypto';
import type { V1Endpoints, V1Pod, V1Service } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, inNamespace, kinds, never } from '../support/admin-cluster.js';
import { bind, operationSeconds, provision } from '../support/apps.js';
import type { BrokerDriver, Sold } from '../support/broker-driver.js';
import { BrokerPlace } from '../support/broker-place.js';
import { writeAndReadInPod } from '../support/client-pod.js';
import { execInPod, type InPod } from '../support/exec-in-pod.js';
import { connect, OpenConnection, ProbePod, probePort } from '../support/probe-pod.js';
import { shardedCatalog } from '../support/sharded-catalog.js';

/*
 * Who reaches whom, tried from within pods. Whatever must not pass is not heard of: what enforces policies may as well
 * refuse it, so both count.
 */
const run = randomBytes(4).toString('hex');
const probes = { app: `app-${run}`, stranger: `stranger-${run}` };
const mongodb = 27017;
const readiness = 8080;
const catalog = shardedCatalog();
let place: BrokerPlace;
let broker: BrokerDriver;
let sold: Sold;
let sharded: Sold;
let app: ProbePod;
let stranger: ProbePod;
let members: readonly Server[];

interface Server {
  readonly name: string;
  readonly address: string;
  readonly at: InPod;
}

async function serversOf(instanceId: string): Promise<readonly Server[]> {
  const { namespace } = await place.instance(instanceId);
  const pods = await inNamespace<V1Pod>(kinds.pod, namespace);
  return pods.map(({ metadata, spec, status }) => {
    const [pod, container] = [metadata?.name ?? '', spec?.containers[0]?.name ?? ''];
    return { name: pod, address: status?.podIP ?? '', at: { namespace, pod, container } };
  });
}

const bound = (bindingId: string, namespace: string, instanceId = 'shared', of = sold) =>
  bind(broker, instanceId, bindingId, { ...of, context: { platform: 'kubernetes', namespace } });

async function unbind(bindingId: string): Promise<void> {
  await broker.unbind('shared', bindingId, sold);
  const ended = await broker.poll('shared', { bindingId, seconds: operationSeconds });
  expect(ended).toMatchObject({ state: 'succeeded' });
}

const fromAll = async (from: ProbePod, servers: readonly Server[], port = mongodb) => {
  const results = await Promise.all(
    servers.map(async ({ name, address }) => [name, await from.connect(address, port)] as const),
  );
  return Object.fromEntries(results);
};
const all = (servers: readonly Server[], expected: string) =>
  Object.fromEntries(servers.map(({ name }) => [name, expected]));
const shutOut = (servers: readonly Server[]) =>
  Object.fromEntries(servers.map(({ name }) => [name, expect.stringMatching(/unheard|refused/)]));

beforeAll(async () => {
  place = await BrokerPlace.open({}, { HOLDFAST_CATALOG: catalog.file });
  broker = await place.install();
  sold = await broker.sold('mongodb', 'replica-set-small');
  sharded = await broker.sold('mongodb', 'sharded-tiny');
  [app, stranger] = await Promise.all([
    ProbePod.start(probes.app),
    ProbePod.start(probes.stranger),
    provision(broker, 'shared', sold),
    provision(broker, 'sharded', sharded),
  ]);
  members = await serversOf('shared');
}, 240_000);
afterAll(async () => {
  await Promise.all(Object.values(probes).map((name) => admin.remove(kinds.namespace, { name }, never)));
  await place?.close();
  catalog.remove();
});

describe('a replica set', () => {
  it('is reached by nobody before it is bound', async () => {
    expect(members).toHaveLength(3);
    expect(await fromAll(app, members)).toEqual(shutOut(members));
  });

  it('is reached by the namespace of a binding, and by no other', async () => {
    await bound('first', app.at.namespace);
    expect(await fromAll(app, members)).toEqual(all(members, 'reached'));
    expect(await fromAll(stranger, members)).toEqual(shutOut(members));
  });

  it('serves an app that starts there at once', async () => {
    const namespace = `starting-${run}`;
    const found = await writeAndReadInPod(namespace, await bound('starting', namespace));
    expect(found).not.toHaveProperty('failure');
  });

  it('tells its readiness to the node only', async () => {
    expect(await fromAll(app, members, readiness)).toEqual(shutOut(members));
    const pods = await inNamespace<V1Pod>(kinds.pod, members[0]?.at.namespace ?? '');
    const ready = pods.map(({ status }) => status?.conditions?.find(({ type }) => type === 'Ready')?.status);
    expect(ready).toEqual(['True', 'True', 'True']);
  });

  it('is shut to a namespace whose binding ends, also on the connection that is open', async () => {
    const [member] = members;
    if (!member) throw new Error('there is no member');
    await bound('second', stranger.at.namespace);
    const used = await OpenConnection.open(stranger.at, member.address, mongodb);
    expect(await used.use()).toBe(true);
    const kept = await OpenConnection.open(stranger.at, member.address, mongodb);
    await unbind('second');
    expect(await kept.use()).toBe(false);
    expect(await fromAll(stranger, members)).toEqual(shutOut(members));
    expect(await fromAll(app, members)).toEqual(all(members, 'reached'));
  });
});

describe('a member', () => {
  let member: Server;
  let others: readonly Server[];
  beforeAll(() => {
    const [first, ...rest] = members;
    if (!first) throw new Error('there is no member');
    [member, others] = [first, rest];
  });

  it('reaches the other members, and finds them by name', async () => {
    for (const { address } of others) expect(await connect(member.at, address, mongodb)).toBe('reached');
    const { namespace } = member.at;
    const { code, output } = await execInPod(member.at, ['getent', 'hosts', `${others[0]?.name}.rs0.${namespace}.svc`]);
    expect([code, output.split(' ')[0]]).toEqual([0, others[0]?.address]);
  });

  it('reaches no pod of another namespace, though that would let it in', async () => {
    expect(await stranger.connect(app.address, probePort)).toBe('reached');
    expect(await connect(member.at, app.address, probePort)).not.toBe('reached');
  });

  it('reaches neither the node nor the API server, which any other pod does', async () => {
    for (const [host, itsPort] of await apiServer()) {
      expect(await stranger.connect(host, itsPort)).toBe('reached');
      expect(await connect(member.at, host, itsPort)).not.toBe('reached');
    }
  });

  it('reaches no member of another instance', async () => {
    for (const { address } of await serversOf('sharded')) {
      expect(await connect(member.at, address, mongodb)).not.toBe('reached');
    }
  });
});

describe('a sharded cluster', () => {
  it('lets apps reach its routers, but no shard and no config server', async () => {
    const servers = await serversOf('sharded');
    await bound('to-routers', app.at.namespace, 'sharded', sharded);
    const isRouter = ({ name }: Server) => name.startsWith('router-');
    const [routers, hidden] = [servers.filter(isRouter), servers.filter((server) => !isRouter(server))];
    expect([routers.length, hidden.length]).toEqual([1, 2]);
    expect(await fromAll(app, servers)).toEqual({ ...all(routers, 'reached'), ...shutOut(hidden) });
    expect(await fromAll(stranger, servers)).toEqual(shutOut(servers));
  });
});

/** The API server by its own address, and by that of its Service. */
async function apiServer(): Promise<readonly (readonly [string, number])[]> {
  const address = { namespace: 'default', name: 'kubernetes' };
  const [endpoints, service] = await Promise.all([
    admin.read<V1Endpoints>({ apiVersion: 'v1', kind: 'Endpoints' }, address, never),
    admin.read<V1Service>({ apiVersion: 'v1', kind: 'Service' }, address, never),
  ]);
  const [subset] = endpoints?.subsets ?? [];
  return [
    [subset?.addresses?.[0]?.ip ?? '', subset?.ports?.[0]?.port ?? 0],
    [service?.spec?.clusterIP ?? '', service?.spec?.ports?.[0]?.port ?? 0],
  ];
}
