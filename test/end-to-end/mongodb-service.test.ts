import { type Db, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KubernetesCluster } from '../../src/kubernetes/client.js';
import { loadKubeConfig } from '../../src/kubernetes/kube-config.js';
import { managedBy, managedByLabel } from '../../src/kubernetes/labels.js';
import { mongodbService } from '../../src/services/mongodb/service.js';
import { newIdentifier } from '../../src/store/identifier.js';
import { carryOut, keepNothing } from '../support/carry-out.js';
import { clusterLookup } from '../support/cluster-dns.js';
import { effectsOf } from '../support/told-effects.js';

/** The procedures of the service one after the other on a real cluster, without a broker; prints what each step takes. */
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
  members: 3,
  version: '6.0',
  versions: { '6.0': 'localhost/holdfast/mongodb:6.0.27' },
  readinessImage: 'localhost/holdfast/mongodb-readiness:1',
  cpu: '15m',
  memory: '1Gi',
  memoryRequest: '160Mi',
  storage: '1Gi',
};

describe.each([3, 1])('a replica set of %d', (members) => {
  const id = newIdentifier();
  const instance = {
    id,
    owner: { platform: 'test', instanceId: 'any "id"' },
    template: service.templateSchema.parse({ ...plan, members }),
    parameters: {},
  };
  let secrets: Awaited<ReturnType<typeof service.generateInstanceSecrets>>;
  const clients: MongoClient[] = [];

  beforeAll(async () => {
    secrets = await service.generateInstanceSecrets(instance);
    await carryOut('provision', service.provision.versions[1]?.({ ...instance, secrets }, keepNothing));
  });

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await carryOut('deprovision', service.deprovision.versions[1]?.(instance));
    expect(await cluster.read({ apiVersion: 'v1', kind: 'Namespace' }, { name: `m-${id}` }, never)).toBeUndefined();
    const again = await effectsOf(() => carryOut('deprovision again', service.deprovision.versions[1]?.(instance)));
    expect(again).toEqual([`remove Namespace m-${id}`]);
  });

  it('gives an app what it connects with, until that is taken away', async () => {
    const app = await bindApp({});
    await app.db.collection('orders').insertOne({ item: 1 });
    expect(await app.db.collection('orders').countDocuments()).toBe(1);
    await app.unbind();
    await expect(app.db.collection('orders').countDocuments()).rejects.toMatchObject({ codeName: 'Unauthorized' });
  });

  it('keeps apps to their databases and roles', async () => {
    const reader = await bindApp({ database: 'reports', role: 'read' });
    await expect(reader.db.collection('orders').insertOne({})).rejects.toMatchObject({ codeName: 'Unauthorized' });
    await expect(reader.client.db('app').collection('orders').findOne()).rejects.toMatchObject({
      codeName: 'Unauthorized',
    });
  });

  it('comes to the same when each step runs again', async () => {
    const again = await effectsOf(() =>
      carryOut('provision again', service.provision.versions[1]?.({ ...instance, secrets }, keepNothing)),
    );
    // Objects are applied again; of the replica set, nothing is changed that is as it is to be. The first command is refused.
    const commands = again.filter((title) => !title.startsWith('apply '));
    expect(commands.sort()).toEqual(['createUser', 'drop', 'insert', 'updateUser']);
    const app = await bindApp({});
    const { config } = await adminOf((admin) => admin.command({ replSetGetConfig: 1 }));
    expect(config.members).toHaveLength(members);
    expect(config.settings.heartbeatIntervalMillis).toBe(2000);
    expect(await app.db.collection('orders').countDocuments()).toBe(1);
  });

  it('changes settings that differ, and no others, when an update runs again', async () => {
    const parameters = { default_read_concern: 'majority', read_only: true };
    const update = () => service.update.versions[1]?.({ ...instance, parameters, secrets }, instance, keepNothing);
    const changes = async () => (await effectsOf(() => carryOut('update', update()))).toSorted();
    expect(await changes()).toEqual(['drop', 'insert', 'setDefaultRWConcern', 'setUserWriteBlockMode']);
    expect(await changes()).toEqual(['drop', 'insert']);
    await carryOut(
      'update back',
      service.update.versions[1]?.({ ...instance, secrets }, { ...instance, parameters }, keepNothing),
    );
  });

  it.runIf(members > 1)('binds at whichever member is the primary', async () => {
    for (let stepDowns = 0; stepDowns < 2; stepDowns += 1) {
      await adminOf((admin) => admin.command({ replSetStepDown: 60, secondaryCatchUpPeriodSecs: 10 }));
      const app = await bindApp({});
      await app.db.collection('orders').insertOne({ item: 2 });
    }
  });

  async function bindApp(parameters: { database?: string; role?: string }) {
    const provisioned = { ...instance, secrets };
    const binding = {
      id: newIdentifier(),
      parameters,
      context: {},
      secrets: await service.generateBindingSecrets({ id }),
    };
    await carryOut('bind', service.bind.versions[1]?.(provisioned, binding));
    const credentials = service.credentials(provisioned, binding);
    const client = await connect(String(credentials.uri), String(credentials.ca_certificate));
    const unbind = async () => {
      await carryOut('unbind', service.unbind.versions[1]?.(provisioned, binding));
      await carryOut('unbind again', service.unbind.versions[1]?.(provisioned, binding));
    };
    return { client, db: client.db(), unbind };
  }

  async function adminOf<Result>(work: (admin: Db) => Promise<Result>): Promise<Result> {
    const [{ host } = { host: '' }] = service.endpoints({ ...instance, secrets });
    const uri = `mongodb://holdfast-admin:${secrets.adminPassword}@${host}:27017/?tls=true&replicaSet=rs0`;
    return work((await connect(uri, secrets.authority.certificate)).db('admin'));
  }

  async function connect(uri: string, ca: string): Promise<MongoClient> {
    const client = new MongoClient(uri, { ca, lookup: clusterLookup(), serverSelectionTimeoutMS: 5_000 });
    clients.push(client);
    return client.connect();
  }
});

describe('deprovision', () => {
  it.concurrent('works where the provision was halted after its first object', async () => {
    const id = newIdentifier();
    const owner = { platform: 'test', instanceId: 'halted' };
    const template = service.templateSchema.parse(plan);
    const labels = { [managedByLabel]: managedBy, 'pod-security.kubernetes.io/enforce': 'restricted' };
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: `m-${id}`, labels } }, never);
    await carryOut('deprovision', service.deprovision.versions[1]?.({ id, owner, template }));
    expect(await cluster.read({ apiVersion: 'v1', kind: 'Namespace' }, { name: `m-${id}` }, never)).toBeUndefined();
  });

  it.concurrent.each([1, 2, 3, 5])('works where the provision was halted in its stage %d', async (stages) => {
    const id = newIdentifier();
    const owner = { platform: 'test', instanceId: 'halted' };
    const instance = { id, owner, template: service.templateSchema.parse(plan), parameters: {} };
    const secrets = await service.generateInstanceSecrets(instance);
    const whole = service.provision.versions[1]?.({ ...instance, secrets }, keepNothing);
    if (whole) await carryOut('provision halted', { ...whole, stages: whole.stages.slice(0, stages) });
    await carryOut('deprovision', service.deprovision.versions[1]?.(instance));
    expect(await cluster.read({ apiVersion: 'v1', kind: 'Namespace' }, { name: `m-${id}` }, never)).toBeUndefined();
  });
});

const never = new AbortController().signal;
