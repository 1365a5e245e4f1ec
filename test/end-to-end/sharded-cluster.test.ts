import type { V1NetworkPolicy, V1Pod } from '@kubernetes/client-node';
import type { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, inNamespace, kinds, never, readSecret, volumesOf } from '../support/admin-cluster.js';
import { startWriting } from '../support/app-writer.js';
import { type AppCredentials, appClient, bind, provision } from '../support/apps.js';
import type { BrokerDriver, Sold } from '../support/broker-driver.js';
import { BrokerPlace } from '../support/broker-place.js';
import { isFull } from '../support/recovery-size.js';
import { beginRotation, endOfRotation, tellRotation } from '../support/rotations.js';
import { asSystem, onRouter } from '../support/routers.js';
import { hasStandIns, needsWritePause, shardedCatalog } from '../support/sharded-catalog.js';

/*
 * Real config servers and real shards. The routers are stand-ins, unless the suite is run with an image that has mongos:
 * `npm run test:e2e -- --mongo-image IMAGE`.
 */
const routing = hasStandIns ? 'by stand-ins of routers' : 'by mongos';

const catalog = shardedCatalog();
let place: BrokerPlace;
let broker: BrokerDriver;
let small: Sold;
let tiny: Sold;
let namespace: string;

/** Two at once. */
beforeAll(async () => {
  place = await BrokerPlace.open({}, { HOLDFAST_CATALOG: catalog.file });
  broker = await place.install();
  small = await broker.sold('mongodb', 'sharded-small');
  tiny = await broker.sold('mongodb', 'sharded-tiny');
  await Promise.all([provision(broker, 'orders', small), provision(broker, 'notes', tiny)]);
  ({ namespace } = await place.instance('orders'));
}, 240_000);
afterAll(async () => {
  await place?.close();
  catalog.remove();
});

async function update(instanceId: string, { service_id }: Sold, parameters: object): Promise<string> {
  const { status, body } = await broker.update(instanceId, { service_id, parameters });
  expect(status, JSON.stringify(body)).toBe(202);
  const ended = await broker.poll(instanceId, { seconds: 240 });
  expect(ended).toMatchObject({ state: 'succeeded' });
  return String(body.operation);
}

const shardsOf = (instance: string) =>
  onRouter(instance, async (database) => {
    const { shards } = await database.command({ listShards: 1 });
    return (shards as readonly { _id: string; host: string }[]).map(({ _id, host }) => [_id, host.split(',').length]);
  });

const podsOf = async (instance: string) =>
  (await inNamespace<V1Pod>(kinds.pod, instance)).map(({ metadata }) => metadata?.name ?? '').sort();

const members = (set: string, count: number) => Array.from({ length: count }, (_, ordinal) => `${set}-${ordinal}`);

describe(`a sharded cluster from one PUT, ${routing}`, () => {
  it('has the shards, members, config servers and routers of its plan', async () => {
    expect(await shardsOf(namespace)).toEqual([
      ['shard0', 3],
      ['shard1', 3],
    ]);
    const sets = [members('cfg', 3), members('router', 2), members('shard0', 3), members('shard1', 3)];
    expect(await podsOf(namespace)).toEqual(sets.flat());
    const { mode } = await onRouter(namespace, (database) => database.command({ balancerStatus: 1 }));
    expect(mode).toBe('full');
  });

  it('leaves nothing of its verification', async () => {
    const { databases } = await onRouter(namespace, (database) => database.command({ listDatabases: 1 }));
    const names = (databases as readonly { name: string }[]).map(({ name }) => name);
    expect(names.filter((name) => !['admin', 'config', 'local'].includes(name))).toEqual([]);
  });

  it('lets apps reach its routers only', async () => {
    const app = await bind(broker, 'orders', 'network', small);
    const policies = await inNamespace<V1NetworkPolicy>(kinds.networkPolicy, namespace);
    const selected = policies.find(({ metadata }) => metadata?.name === app.username)?.spec?.podSelector?.matchLabels;
    const pods = await inNamespace<V1Pod>(kinds.pod, namespace);
    const reached = pods.filter(({ metadata }) =>
      Object.entries(selected ?? {}).every(([name, value]) => metadata?.labels?.[name] === value),
    );
    expect(reached.map(({ metadata }) => metadata?.name).sort()).toEqual(members('router', 2));
  });
});

describe(`an app of a sharded cluster, ${routing}`, () => {
  let app: AppCredentials;
  beforeAll(async () => {
    app = await bind(broker, 'orders', 'app', small);
  });

  it('writes and reads through every router, and is given nothing else', async () => {
    expect(app.hosts).toEqual(
      members('router', 2).map((router) => `${router}.router.${namespace}.svc.cluster.local:27017`),
    );
    const client = appClient(app);
    await client.db().collection('notes').insertOne({ text: 'through a router' });
    for (const host of app.hosts) {
      const one = atRouter(app, host);
      expect(await one.db().collection('notes').countDocuments({ text: 'through a router' })).toBe(1);
      await one.close();
    }
    await client.close();
  });

  it('does in its database what its role lets it, and nothing elsewhere', async () => {
    const client = appClient(app);
    const refused = (work: Promise<unknown>) => expect(work).rejects.toMatchObject({ codeName: 'Unauthorized' });
    await refused(client.db('other').collection('notes').insertOne({}));
    await refused(client.db('other').collection('notes').findOne());
    await refused(client.db('admin').command({ listShards: 1 }));
    await refused(client.db('admin').command({ createUser: 'intruder', pwd: 'x', roles: [] }));
    await client.close();
  });

  it('loses no write when the primary of a shard is killed', async () => {
    const writer = startWriting(app);
    await writer.someMore();
    const killed = await killPrimaryOf(app.database);
    await writer.someMore();
    const { acknowledged, found } = await writer.stop();
    expect(found).toBe(acknowledged);
    expect(killed).toMatch(/^shard\d-\d$/);
  });

  it('is refused by every router at once when it is unbound, on open connections too', async () => {
    const leaver = await bind(broker, 'orders', 'leaver', small);
    const clients = leaver.hosts.map((host) => atRouter(leaver, host));
    for (const client of clients) await client.db().collection('notes').insertOne({ of: 'the leaver' });
    await broker.unbind('orders', 'leaver', small);
    expect(await broker.poll('orders', { bindingId: 'leaver', seconds: 60 })).toMatchObject({ state: 'succeeded' });
    for (const client of clients) {
      await expect(client.db().collection('notes').findOne()).rejects.toMatchObject({ codeName: 'Unauthorized' });
      await expect(client.db().collection('notes').insertOne({})).rejects.toMatchObject({ codeName: 'Unauthorized' });
      await client.close();
    }
    const again = appClient(leaver);
    await expect(again.connect()).rejects.toMatchObject({ codeName: 'AuthenticationFailed' });
    await again.close();
  });

  /** Of the shard that has the database. */
  async function killPrimaryOf(database: string): Promise<string> {
    const shard = await onRouter(namespace, async ({ client }) => {
      const found = await client.db('config').collection<{ _id: string; primary: string }>('databases').findOne();
      expect(found?._id).toBe(database);
      return found?.primary ?? '';
    });
    const pod = await primaryOfShard(shard);
    await admin.remove(kinds.pod, { namespace, name: pod }, never, { gracePeriodSeconds: 0 });
    return pod;
  }

  async function primaryOfShard(shard: string): Promise<string> {
    const host = shardHost(namespace, shard);
    const { primary } = await asSystem(namespace, host, (client) => client.db('admin').command({ hello: 1 }));
    return String(primary).split('.')[0] ?? '';
  }
});

describe(`the size of a sharded cluster, ${routing}`, () => {
  it('cannot be less than the plan’s, nor shrink where that may pause writes without consent', async () => {
    const { service_id } = small;
    expect(await broker.update('orders', { service_id, parameters: { shards: 1 } })).toMatchObject({
      status: 400,
      body: { description: expect.stringContaining('parameter "shards" must be >= 2') },
    });
    expect(await broker.update('orders', { service_id, parameters: { members: 4 } })).toMatchObject({ status: 400 });
  });

  it('grows and shrinks by a shard, and every document is still there, also those that are written meanwhile', async () => {
    await update('orders', small, { shards: 3 });
    expect(await shardsOf(namespace)).toEqual([
      ['shard0', 3],
      ['shard1', 3],
      ['shard2', 3],
    ]);

    const documents = Array.from({ length: 500 }, (_, n) => ({ _id: n, text: 'x'.repeat(100) }) as object);
    await onRouter(namespace, async (database) => {
      await database.command({ enableSharding: 'moved', primaryShard: 'shard2' });
      await database.command({ shardCollection: 'moved.sharded', key: { _id: 1 } });
    });
    const moved = await bind(broker, 'orders', 'moved', { ...small, parameters: { database: 'moved' } });
    const client = appClient(moved);
    for (const name of ['sharded', 'unsharded']) await client.db().collection(name).insertMany(documents);
    await client.db().collection('unsharded').createIndex({ text: 1 });

    const busy = await bind(broker, 'orders', 'busy', { ...small, parameters: { database: 'busy' } });
    const writer = startWriting(busy, { mayPause: needsWritePause });
    await writer.someMore();
    if (needsWritePause) {
      const refused = await broker.update('orders', { service_id: small.service_id, parameters: { shards: 2 } });
      expect(refused).toMatchObject({
        status: 422,
        body: { description: expect.stringContaining('allow_write_pause: true') },
      });
    }
    const operation = await update('orders', small, {
      shards: 2,
      ...(needsWritePause && { allow_write_pause: true }),
    });
    await writer.someMore();
    const { acknowledged, found } = await writer.stop();
    expect(found).toBe(acknowledged);

    const told = place.watch.of(operation).map(({ progress }) => String(progress));
    expect(told).toContainEqual(expect.stringMatching(/^draining shard2: \d+ chunks?( and \d databases?)? left$/));
    expect(await shardsOf(namespace)).toEqual([
      ['shard0', 3],
      ['shard1', 3],
    ]);
    for (const name of ['sharded', 'unsharded']) {
      expect(await client.db().collection(name).countDocuments()).toBe(documents.length);
    }
    const indexes = await client.db().collection('unsharded').indexes();
    expect(indexes.map(({ name }) => name)).toContain('text_1');
    await client.db().collection('unsharded').insertOne({ text: 'writes go on' });
    await client.close();
    expect((await podsOf(namespace)).filter((pod) => pod.startsWith('shard2'))).toEqual([]);
    const claims = (await volumesOf(namespace)).map(({ spec }) => spec?.claimRef?.name);
    expect(claims.filter((claim) => claim?.includes('shard2'))).toEqual([]);
  }, 400_000);

  it('grows and shrinks in shards, members and routers at once', async () => {
    const { namespace: notes } = await place.instance('notes');
    const app = await bind(broker, 'notes', 'app of notes', tiny);
    const writer = startWriting(app, { mayPause: needsWritePause });
    await writer.someMore();
    await update('notes', tiny, { shards: 2, members: 3, routers: 2 });
    const grown = [members('cfg', 1), members('router', 2), members('shard0', 3), members('shard1', 3)];
    expect(await podsOf(notes)).toEqual(grown.flat());
    await writer.someMore();
    const { body } = await broker.fetchBinding('notes', 'app of notes');
    expect(body.credentials.hosts).toHaveLength(2);

    await onRouter(notes, (database) => database.command({ enableSharding: 'cut-short', primaryShard: 'shard1' }));
    const moved = await bind(broker, 'notes', 'cut short', { ...tiny, parameters: { database: 'cut-short' } });
    const client = appClient(moved);
    await client
      .db()
      .collection('copied')
      .insertMany([{ n: 1 }, { n: 2 }]);
    // What a move that was cut short leaves where it was to go.
    if (needsWritePause) await leaveCopy(notes, 'shard0', 'cut-short', 'copied');
    // So that the primary is one of the members that go.
    await asSystem(notes, shardHost(notes, 'shard0'), (shard) =>
      shard.db('admin').command({ replSetStepDown: 15, secondaryCatchUpPeriodSecs: 10 }),
    );
    await update('notes', tiny, { shards: 1, members: 1, routers: 1, allow_write_pause: true });
    await writer.someMore();
    const { acknowledged, found } = await writer.stop();
    expect(found).toBe(acknowledged);
    await expect.poll(() => podsOf(notes), { timeout: 30_000 }).toEqual(['cfg-0', 'router-0', 'shard0-0']);
    expect(await shardsOf(notes)).toEqual([['shard0', 1]]);
    expect(await client.db().collection('copied').countDocuments()).toBe(2);
    await client.close();
    const volumes = (await volumesOf(notes)).map(({ spec }) => spec?.claimRef?.name);
    expect(volumes.sort()).toEqual(['data-cfg-0', 'data-shard0-0']);
  }, 400_000);
});

describe(`the settings of a sharded cluster, ${routing}`, () => {
  it('hold at every shard, and can be changed while apps may not write', async () => {
    const app = await bind(broker, 'notes', 'settings', tiny);
    const client = appClient(app);
    const notes = client.db().collection('notes');
    await notes.insertOne({ n: 1 });
    await update('notes', tiny, { read_only: true, default_write_concern: '1' });
    await expect(notes.insertOne({ n: 2 })).rejects.toMatchObject({ code: 371 });
    expect(await notes.countDocuments()).toBe(1);
    const { namespace: instance } = await place.instance('notes');
    const { defaultWriteConcern } = await onRouter(instance, (database) =>
      database.command({ getDefaultRWConcern: 1 }),
    );
    expect(defaultWriteConcern).toMatchObject({ w: 1 });
    await update('notes', tiny, { read_only: false });
    await notes.insertOne({ n: 2 });
    await client.close();
  });
});

describe(`a shard that cannot be drained, ${routing}`, () => {
  it('fails the update, says why, and stays where that is asked for', async () => {
    const { namespace: notes } = await place.instance('notes');
    const { service_id } = tiny;
    await update('notes', tiny, { shards: 2 });
    await onRouter(notes, async (database) => {
      await database.command({ enableSharding: 'jumbo', primaryShard: 'shard1' });
      await database.command({ shardCollection: 'jumbo.chunk', key: { _id: 1 } });
      await database.client.db('jumbo').collection('chunk').insertOne({ n: 1 });
      await markJumbo(database.client, 'jumbo.chunk');
    });

    const { body } = await broker.update('notes', { service_id, parameters: { shards: 1 } });
    const ended = await broker.poll('notes', { seconds: 120 });
    expect(ended, JSON.stringify(body)).toMatchObject({
      state: 'failed',
      description: expect.stringContaining(': shard1 cannot be drained: MongoDB moves none of its 1 jumbo chunks; '),
    });
    expect(await shardsOf(notes)).toEqual([
      ['shard0', 1],
      ['shard1', 1],
    ]);

    await update('notes', tiny, { shards: 2 });
    const { shards } = await onRouter(notes, (database) => database.command({ listShards: 1 }));
    expect(shards).toEqual([
      expect.not.objectContaining({ draining: true }),
      expect.not.objectContaining({ draining: true }),
    ]);

    await onRouter(notes, ({ client }) => client.db('jumbo').dropDatabase());
    await update('notes', tiny, { shards: 1 });
    expect(await shardsOf(notes)).toEqual([['shard0', 1]]);
  }, 300_000);
});

describe(`the secrets of a sharded cluster, ${routing}`, () => {
  const rotate = async (instanceId: string, what: string) => {
    const { id } = await place.instance(instanceId);
    const ended = await endOfRotation(place.store, await beginRotation(place.store, id, what));
    expect(ended).toMatchObject({ state: 'succeeded' });
    return ended;
  };
  const ping = (client: MongoClient) => client.db('admin').command({ ping: 1 });

  it.each(isFull ? ['authority', 'key-file'] : ['authority'])(
    'are exchanged while an app writes: %s',
    async (what) => {
      const app = await bind(broker, 'orders', `before ${what}`, small);
      const writer = startWriting(app);
      await writer.someMore();
      const ended = await rotate('orders', what);
      await writer.someMore();
      const { acknowledged, found } = await writer.stop();
      expect(found).toBe(acknowledged);
      tellRotation(`${what} of a sharded cluster`, ended, acknowledged);
      await broker.unbind('orders', `before ${what}`, small);
    },
    400_000,
  );

  it('are known to all servers, and a former key file to none', async () => {
    const { namespace: notes } = await place.instance('notes');
    const app = await bind(broker, 'notes', 'before the key file', tiny);
    const former = (await readSecret(notes, 'keyfile'))?.keyfile ?? '';
    await rotate('notes', 'key-file');
    for (const server of ['cfg-0.cfg', 'shard0-0.shard', 'router-0.router']) {
      const host = `${server}.${notes}.svc.cluster.local:27017`;
      expect(await asSystem(notes, host, ping)).toMatchObject({ ok: 1 });
      await expect(asSystem(notes, host, ping, former)).rejects.toThrow(/Authentication/);
    }
    const client = appClient(app);
    await client.db().collection('notes').insertOne({ after: 'the key file' });
    await client.close();
  }, 300_000);
});

describe(`a DELETE of a sharded cluster, ${routing}`, () => {
  it('leaves nothing', async () => {
    for (const [id, sold] of [
      ['orders', small],
      ['notes', tiny],
    ] as const) {
      const instance = await place.instance(id);
      expect(await broker.deprovision(id, sold)).toMatchObject({ status: 202 });
      expect(await broker.poll(id, { seconds: 120 })).toMatchObject({ state: 'succeeded' });
      expect(await admin.read(kinds.namespace, { name: instance.namespace }, never)).toBeUndefined();
      expect(await volumesOf(instance.namespace)).toEqual([]);
      expect(await broker.fetchInstance(id)).toMatchObject({ status: 404 });
    }
  });
});

/** One router alone. */
function atRouter({ uri, ca_certificate }: AppCredentials, host: string): MongoClient {
  return appClient(
    { uri: uri.replace(/@[^/]+/, `@${host}`), ca_certificate },
    { directConnection: true, maxPoolSize: 1 },
  );
}

/** As the balancer does with chunks that are too big and cannot be split. */
async function markJumbo(client: MongoClient, collection: string): Promise<void> {
  const config = client.db('config');
  const found = await config.collection<{ _id: string; uuid: unknown }>('collections').findOne({ _id: collection });
  const chunks = config.collection('chunks');
  await chunks.updateMany({ uuid: found?.uuid }, { $set: { jumbo: true } }, { writeConcern: { w: 'majority' } });
}

/** Directly on a shard, as no app can. */
async function leaveCopy(instance: string, shard: string, database: string, collection: string): Promise<void> {
  await asSystem(instance, shardHost(instance, shard), (client) =>
    client.db(database).collection(collection).insertOne({ copy: true }),
  );
}

const shardHost = (instance: string, shard: string) => `${shard}-0.shard.${instance}.svc.cluster.local:27017`;
