import type { V1Pod } from '@kubernetes/client-node';
import { type Db, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KubernetesCluster } from '../../src/kubernetes/client.js';
import { loadKubeConfig } from '../../src/kubernetes/kube-config.js';
import type { Procedure } from '../../src/operations/step.js';
import { mongodbService } from '../../src/services/mongodb/service.js';
import type { JsonObject } from '../../src/services/service.js';
import { newIdentifier } from '../../src/store/identifier.js';
import { carryOut, keepNothing } from '../support/carry-out.js';
import { clusterLookup } from '../support/cluster-dns.js';

/** What users set of an instance, on a real cluster, without a broker; prints what each step takes. */
const cluster = new KubernetesCluster(loadKubeConfig(process.env));
const service = mongodbService({
  cluster,
  brokerId: 'test',
  clusterDomain: 'cluster.local',
  memberAccess: 'tunnel',
  certificateDays: 90,
});

const plan = {
  topology: 'replica-set',
  version: '6.0',
  versions: { '6.0': 'localhost/holdfast/mongodb:6.0.27' },
  readinessImage: 'localhost/holdfast/mongodb-readiness:1',
  cpu: '15m',
  memory: '1Gi',
  memoryRequest: '160Mi',
  storage: '1Gi',
};
const podKind = { apiVersion: 'v1', kind: 'Pod' };
const never = new AbortController().signal;
const writesBlocked = { code: 371 };

describe.each([3, 1])('a replica set of %d', (members) => {
  const id = newIdentifier();
  const template = service.templateSchema.parse({ ...plan, members });
  const unset = { id, owner: { platform: 'test', instanceId: 'settings' }, template };
  const strict = { read_only: true, default_write_concern: '1', default_read_concern: 'majority' };
  let secrets: Awaited<ReturnType<typeof service.generateInstanceSecrets>>;
  /** As the store would have it. */
  let parameters: JsonObject = strict;
  const clients: MongoClient[] = [];

  beforeAll(async () => {
    secrets = await service.generateInstanceSecrets(unset);
    await carryOut('provision', service.provision.versions[1]?.(instance(), keepNothing));
  });

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await carryOut('deprovision', service.deprovision.versions[1]?.(unset));
  });

  it('has the settings that it was provisioned with', async () => {
    expect(await settings()).toEqual({ write: 1, read: 'majority', isReadOnly: true });
  });

  it('binds and unbinds apps of every role while it is read-only, and none of them can write', async () => {
    for (const role of ['readWrite', 'dbOwner', 'dbAdmin', 'read']) {
      const app = await bindApp({ role });
      await app.bindAgain();
      await expect(app.db.collection('orders').insertOne({})).rejects.toMatchObject(
        role === 'readWrite' || role === 'dbOwner' ? writesBlocked : { codeName: 'Unauthorized' },
      );
      if (role !== 'dbAdmin') expect(await app.db.collection('orders').countDocuments()).toBe(0);
      await app.unbind();
      await expect(app.db.collection('orders').findOne()).rejects.toMatchObject({ codeName: 'Unauthorized' });
    }
  });

  it('lets apps write again, at the moment that the update ends', async () => {
    const app = await bindApp({});
    await expect(app.db.collection('orders').insertOne({})).rejects.toMatchObject(writesBlocked);
    await updateTo({ ...strict, read_only: false });
    await app.db.collection('orders').insertOne({ item: 1 });
    await updateTo(strict);
    await expect(app.db.collection('orders').insertOne({})).rejects.toMatchObject(writesBlocked);
    expect(await app.db.collection('orders').countDocuments()).toBe(1);
    await updateTo({});
    await app.db.collection('orders').insertOne({ item: 2 });
  });

  it.each([
    [{ default_read_concern: 'available' }, { write: 'majority', read: 'available', isReadOnly: false }],
    [{ default_write_concern: '1' }, { write: 1, read: 'local', isReadOnly: false }],
    [{ default_read_concern: 'majority' }, { write: 'majority', read: 'majority', isReadOnly: false }],
    [{}, { write: 'majority', read: 'local', isReadOnly: false }],
  ])('is updated to %j', async (to, expected) => {
    await updateTo(to);
    expect(await settings()).toEqual(expected);
  });

  it('is not touched by an update that comes again', async () => {
    await updateTo(strict);
    const before = await lastSet();
    expect(before.blocks).toBeGreaterThan(0);
    await updateTo(strict);
    expect(await lastSet()).toEqual(before);
    expect(await settings()).toEqual({ write: 1, read: 'majority', isReadOnly: true });
  });

  it('is finished by an update that comes after one that was cut short', async () => {
    await updateTo({});
    for (const key of ['rs0-default-concerns', 'rs0-read-only']) {
      parameters = strict;
      const { topics, stages } = procedureOf(
        service.update.versions[1]?.(instance(), { template, parameters: {} }, keepNothing),
      );
      const only = stages.map((stage) => stage.filter((step) => step.key === key));
      await carryOut('update cut short', { topics, stages: only });
      await updateTo(strict);
      expect(await settings()).toEqual({ write: 1, read: 'majority', isReadOnly: true });
      await updateTo({});
      expect(await settings()).toEqual({ write: 'majority', read: 'local', isReadOnly: false });
    }
  });

  it.each(['größe', "!#%&'()+,;=@^_`{}~[]", 'x'.repeat(63), 'ü'.repeat(21), '日'.repeat(21)])(
    'gives an app the database %s',
    async (database) => {
      const app = await bindApp({ database });
      expect(app.db.databaseName).toBe(database);
      await app.db.collection('orders').insertOne({ item: 1 });
      expect(await app.db.collection('orders').countDocuments()).toBe(1);
      const elsewhere = app.client.db(`db-${id}`).collection('orders');
      await expect(elsewhere.findOne()).rejects.toMatchObject({ codeName: 'Unauthorized' });
      await app.unbind();
    },
  );

  it.runIf(members > 1)('keeps its settings when it elects another primary', async () => {
    await updateTo(strict);
    const app = await bindApp({});
    await adminOf((admin) => admin.command({ replSetStepDown: 60, secondaryCatchUpPeriodSecs: 10 }));
    await expect(app.db.collection('orders').insertOne({})).rejects.toMatchObject(writesBlocked);
    expect(await settings()).toEqual({ write: 1, read: 'majority', isReadOnly: true });
    await updateTo({});
    await app.db.collection('orders').insertOne({ item: 3 });
  });

  it('keeps its settings when all of its members start anew', async () => {
    await updateTo(strict);
    const before = await podIds();
    await cluster.removeAll(podKind, { namespace: `m-${id}` }, never);
    await expect.poll(podIds, { timeout: 60_000 }).toSatisfy((now: string[]) => {
      return now.length === members && now.every((uid) => !before.includes(uid));
    });
    await expect
      .poll(() => settings().catch(() => undefined), { timeout: 60_000, interval: 500 })
      .toEqual({
        write: 1,
        read: 'majority',
        isReadOnly: true,
      });
    const app = await bindApp({});
    await expect(app.db.collection('orders').insertOne({})).rejects.toMatchObject(writesBlocked);
    await updateTo({});
    await app.db.collection('orders').insertOne({ item: 4 });
  });

  function instance() {
    return { ...unset, parameters, secrets };
  }

  async function updateTo(to: JsonObject): Promise<void> {
    const from = { template, parameters };
    parameters = to;
    expect(service.refuseUpdate(from, { template, parameters })).toBeUndefined();
    await carryOut(`update to ${JSON.stringify(to)}`, service.update.versions[1]?.(instance(), from, keepNothing));
  }

  async function settings() {
    return adminOf(async (admin) => {
      const concerns = await admin.command({ getDefaultRWConcern: 1 });
      const { repl } = await admin.command({ serverStatus: 1 });
      const isReadOnly = repl.userWriteBlockMode === 2;
      return { write: concerns.defaultWriteConcern.w, read: concerns.defaultReadConcern.level, isReadOnly };
    });
  }

  /** When the server was last told its settings. */
  async function lastSet() {
    return adminOf(async (admin) => {
      const { updateOpTime } = await admin.command({ getDefaultRWConcern: 1 });
      const oplog = admin.client.db('local').collection('oplog.rs');
      const blocks = await oplog.countDocuments({ ns: 'config.user_writes_critical_sections' });
      return { updateOpTime, blocks };
    });
  }

  async function podIds(): Promise<readonly string[]> {
    const pods = await cluster.list<V1Pod>(podKind, { namespace: `m-${id}` }, never);
    return pods.map(({ metadata }) => metadata?.uid ?? '');
  }

  async function bindApp(parameters: JsonObject) {
    const binding = {
      id: newIdentifier(),
      parameters,
      context: {},
      secrets: await service.generateBindingSecrets({ id }),
    };
    const bindAgain = () => carryOut('bind', service.bind.versions[1]?.(instance(), binding));
    await bindAgain();
    const { uri, ca_certificate } = service.credentials(instance(), binding);
    const client = await connect(String(uri), String(ca_certificate));
    const unbind = async () => {
      await carryOut('unbind', service.unbind.versions[1]?.(instance(), binding));
      await carryOut('unbind again', service.unbind.versions[1]?.(instance(), binding));
    };
    return { client, db: client.db(), bindAgain, unbind };
  }

  async function adminOf<Result>(work: (admin: Db) => Promise<Result>): Promise<Result> {
    const [{ host } = { host: '' }] = service.endpoints(instance());
    const uri = `mongodb://holdfast-admin:${secrets.adminPassword}@${host}:27017/?tls=true&replicaSet=rs0`;
    const client = await connect(uri, secrets.authority.certificate);
    try {
      return await work(client.db('admin'));
    } finally {
      await client.close();
    }
  }

  async function connect(uri: string, ca: string): Promise<MongoClient> {
    const client = new MongoClient(uri, { ca, lookup: clusterLookup(), serverSelectionTimeoutMS: 15_000 });
    clients.push(client);
    return client.connect();
  }
});

function procedureOf(procedure: Procedure | undefined): Procedure {
  if (!procedure) throw new Error('there is no such procedure');
  return procedure;
}
