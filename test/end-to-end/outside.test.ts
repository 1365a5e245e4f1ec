import type { V1NetworkPolicy, V1Service } from '@kubernetes/client-node';
import type { MongoClientOptions } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, inNamespace, kinds, never } from '../support/admin-cluster.js';
import { startWriting } from '../support/app-writer.js';
import { appClient, bind, provision } from '../support/apps.js';
import type { BindBody, BrokerDriver, Sold } from '../support/broker-driver.js';
import { BrokerPlace } from '../support/broker-place.js';
import { eventually } from '../support/eventually.js';
import { memberNames } from '../support/members.js';
import {
  giveLoadBalancer,
  nodeAddress,
  type OutsideCredentials,
  outsideCatalog,
  outsideDomain,
  outsideLookup,
  serversFoundBy,
} from '../support/outside.js';
import { beginRotation, endOfRotation } from '../support/rotations.js';

/*
 * Apps that run outside of the cluster: here, on the host. Their drivers know a URI and a certificate, and of names only
 * those of the outside domain.
 */
const catalog = outsideCatalog();
let place: BrokerPlace;
let broker: BrokerDriver;
let node: string;
let fromOutside: MongoClientOptions;

beforeAll(async () => {
  place = await BrokerPlace.open({}, { HOLDFAST_CATALOG: catalog.file });
  broker = await place.install();
  node = await nodeAddress();
  fromOutside = { lookup: outsideLookup(node) };
});
afterAll(async () => {
  await place?.close();
  catalog.remove();
});

const bindOutside = async (instanceId: string, bindingId: string, body: BindBody) =>
  (await bind(broker, instanceId, bindingId, body)) as OutsideCredentials;

/** Those that lead to single servers. */
const servicesOf = async (namespace: string) => {
  const services = await inNamespace<V1Service>(kinds.service, namespace);
  return services.filter(({ spec }) => spec?.clusterIP !== 'None').map(({ metadata }) => metadata?.name ?? '');
};

describe('a replica set behind node ports', () => {
  let sold: Sold;
  let id: string;
  let namespace: string;
  let app: OutsideCredentials;

  beforeAll(async () => {
    sold = await broker.sold('mongodb', 'by-node-ports');
    await provision(broker, 'orders', sold);
    ({ id, namespace } = await place.instance('orders'));
    app = await bindOutside('orders', 'app', sold);
  });

  it('is named by the domain and by ports of the nodes', async () => {
    expect(app.uri).toBe(app.outside_uri);
    const name = (member: string) => new RegExp(`^${member}\\.${namespace}\\.${outsideDomain}:3\\d{4}$`);
    expect(app.hosts).toEqual(memberNames.map((member) => expect.stringMatching(name(member))));
    expect(`${app.host}:${app.port}`).toBe(app.hosts[0]);
    const { body } = await broker.fetchBinding('orders', 'app');
    expect(body.endpoints?.map(({ host, ports }) => `${host}:${ports}`)).toEqual([
      ...memberNames.map((member) => `${member}.rs0.${namespace}.svc.cluster.local:27017`),
      ...app.hosts,
    ]);
  });

  it('is found as a whole by a driver that knows one member’s name outside', async () => {
    const uri = app.uri.replace(app.hosts.join(','), app.hosts[0] ?? '');
    const client = appClient({ ...app, uri }, fromOutside);
    const found = serversFoundBy(client);
    const { me, hosts, primary } = await client.db().command({ hello: 1 });
    expect(hosts).toEqual(app.hosts);
    expect(app.hosts).toContain(me);
    expect(app.hosts).toContain(primary);
    await client
      .db()
      .collection('notes')
      .insertOne({ text: 'from outside' }, { writeConcern: { w: 'majority' } });
    await eventually(() => found().join() === app.hosts.toSorted().join());
    await client.close();
  });

  it('shows its members inside by their names there, at the same time', async () => {
    const inside = appClient({ ...app, uri: app.inside_uri });
    expect(await inside.db().collection('notes').countDocuments({ text: 'from outside' })).toBe(1);
    const { hosts } = await inside.db().command({ hello: 1 });
    expect(hosts).toEqual(memberNames.map((member) => `${member}.rs0.${namespace}.svc.cluster.local:27017`));
    await inside.close();
  });

  it('lets in whom a binding is for, from anywhere, and names the hosts that suit the platform', async () => {
    const context = { platform: 'kubernetes', namespace: 'shop' };
    const pod = await bindOutside('orders', 'pod', { ...sold, context });
    expect(pod.uri).toBe(pod.inside_uri);
    const policies = await inNamespace<V1NetworkPolicy>(kinds.networkPolicy, namespace);
    const policy = policies.find(({ metadata }) => metadata?.name === pod.username);
    expect(policy?.spec?.ingress).toEqual([{ ports: [{ port: 27017, protocol: 'TCP' }] }]);
  });

  it('loses no acknowledged write of an app outside when its primary is killed', async () => {
    const writer = startWriting(app, { mayFail: true, client: fromOutside });
    await writer.someMore();
    const client = appClient(app, fromOutside);
    const primary = async () => String((await client.db().command({ hello: 1 })).primary);
    const before = await primary();
    const [name = ''] = before.split('.');
    await admin.remove(kinds.pod, { namespace, name }, never, { gracePeriodSeconds: 0 });
    await writer.someMore();
    const { acknowledged, found, unknown } = await writer.stop();
    expect(found).toBeGreaterThanOrEqual(acknowledged);
    expect(found).toBeLessThanOrEqual(acknowledged + unknown);
    expect(await primary()).not.toBe(before);
    await client.close();
  });

  it('has its names outside in a certificate that is renewed, too', async () => {
    expect(await endOfRotation(place.store, await beginRotation(place.store, id, 'certificates'))).toMatchObject({
      state: 'succeeded',
    });
    for (const host of app.hosts) {
      const uri = app.uri.replace(app.hosts.join(','), host).replace('replicaSet=rs0&', '');
      const client = appClient({ ...app, uri }, { ...fromOutside, directConnection: true });
      expect((await client.db().command({ hello: 1 })).me).toBe(host);
      await client.close();
    }
  });

  it('leaves nothing after a DELETE', async () => {
    expect((await servicesOf(namespace)).sort()).toEqual(memberNames);
    expect((await broker.deprovision('orders', sold)).status).toBe(202);
    expect(await broker.poll('orders', { seconds: 90 })).toMatchObject({ state: 'succeeded' });
    expect(await admin.read(kinds.namespace, { name: namespace }, never)).toBeUndefined();
    expect(await servicesOf(namespace)).toEqual([]);
    const client = appClient(app, { ...fromOutside, serverSelectionTimeoutMS: 1_000 });
    await expect(client.connect()).rejects.toMatchObject({ name: 'MongoServerSelectionError' });
    await client.close();
  });
});

describe('a member behind a load balancer', () => {
  it('is waited for, and then reached by its name and the port of MongoDB', async () => {
    const sold = await broker.sold('mongodb', 'by-balancer');
    expect((await broker.provision('balanced', sold)).status).toBe(202);
    const { namespace } = await place.instance('balanced');
    const isWaiting = async () =>
      (await broker.lastOperation('balanced')).body.description === 'waiting for the load balancers of rs0-0';
    await eventually(isWaiting, 30_000);
    await giveLoadBalancer(namespace, 'rs0-0', node);
    expect(await broker.poll('balanced', { seconds: 90 })).toMatchObject({ state: 'succeeded' });
    const app = await bindOutside('balanced', 'balanced', sold);
    expect(app.hosts).toEqual([`rs0-0.${namespace}.${outsideDomain}:27017`]);
    const client = appClient(app, fromOutside);
    await client.db().collection('notes').insertOne({ text: 'through a load balancer' });
    expect((await client.db().command({ hello: 1 })).hosts).toEqual(app.hosts);
    await client.close();
  });
});

describe('routers behind node ports', () => {
  it('are all reached from outside, and what led to them goes with them', async () => {
    const sold = await broker.sold('mongodb', 'routers-by-node-ports');
    await provision(broker, 'spread', sold);
    const { namespace } = await place.instance('spread');
    const first = await bindOutside('spread', 'before', sold);
    expect(first.hosts).toHaveLength(1);

    await resize(2);
    const app = await bindOutside('spread', 'after', sold);
    expect(app.hosts).toEqual([first.hosts[0], expect.stringMatching(`^router-1\\.${namespace}\\.`)]);
    for (const host of app.hosts) {
      const client = appClient({ ...app, uri: app.uri.replace(app.hosts.join(','), host) }, fromOutside);
      await client
        .db()
        .collection('notes')
        .insertOne({ through: host }, { writeConcern: { w: 'majority' } });
      await client.close();
    }

    await resize(1);
    expect(await servicesOf(namespace)).toEqual(['router-0']);
    const { body } = await broker.fetchBinding('spread', 'after');
    expect(body.credentials).toMatchObject({ hosts: first.hosts });
    expect(body.endpoints).toHaveLength(2);

    async function resize(routers: number): Promise<void> {
      const { service_id } = sold;
      expect((await broker.update('spread', { service_id, parameters: { routers } })).status).toBe(202);
      expect(await broker.poll('spread', { seconds: 120 })).toMatchObject({ state: 'succeeded' });
    }
  }, 400_000);
});
