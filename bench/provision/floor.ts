import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { type Db, MongoClient } from 'mongodb';
import type { Manifest } from '../../src/kubernetes/cluster.js';
import { managedBy, managedByLabel } from '../../src/kubernetes/labels.js';
import { rolesOf } from '../../src/services/mongodb/access.js';
import { credentials } from '../../src/services/mongodb/credentials.js';
import { deprovision } from '../../src/services/mongodb/deprovision.js';
import {
  describeMissing,
  initialConfig,
  nextMissing,
  settled,
  withMember,
} from '../../src/services/mongodb/replica-set/configuration.js';
import {
  membersService,
  replicaSetManifests,
  serviceAccount,
  sharedManifests,
} from '../../src/services/mongodb/replica-set/manifests.js';
import { clientsPolicy } from '../../src/services/mongodb/replica-set/network-policies.js';
import {
  instanceAnnotations,
  instanceLabels,
  memberHost,
  replicaSetSelector,
} from '../../src/services/mongodb/replica-set/replica-set.js';
import { statefulSet } from '../../src/services/mongodb/replica-set/stateful-set.js';
import {
  generateBindingSecrets,
  generateInstanceSecrets,
  type InstanceSecrets,
} from '../../src/services/mongodb/secrets.js';
import { entranceOf, type SingleReplicaSet, servicesOf, singleReplicaSetOf } from '../../src/services/mongodb/shape.js';
import type { ReplicaSetTemplate } from '../../src/services/mongodb/template.js';
import { newIdentifier } from '../../src/store/identifier.js';
import { admin, kinds, never } from '../../test/support/admin-cluster.js';
import { runStages } from '../../test/support/carry-out.js';
import { writeAsApp } from '../support/cluster-broker.js';
import { Stopwatch, type Timeline } from './journey.js';

/*
 * The floor: what Holdfast's replica sets would cost a plain script. It applies the same objects and sends the same
 * commands, in the best order known, straight to the members; it keeps no records, and survives nothing.
 */

const brokerId = 'bench-floor';
const clusterDomain = 'cluster.local';
const majority = { w: 'majority' };
const pollMilliseconds = 10;
const patienceMilliseconds = 600_000;

/** What the script made. */
export interface Plain {
  readonly timeline: Timeline;
  readonly shape: SingleReplicaSet;
  /** To the primary, as a user who may do anything. */
  readonly connect: () => Promise<MongoClient>;
  readonly remove: () => Promise<void>;
}

export async function floor(template: ReplicaSetTemplate): Promise<Plain> {
  const watch = new Stopwatch();
  const id = newIdentifier();
  const identity = { id, owner: { platform: 'bench', instanceId: id }, brokerId, clusterDomain, namespace: `m-${id}` };
  const shape = singleReplicaSetOf(identity, template);
  const terms = { instanceId: id, services: servicesOf['replica-set'], clusterDomain, days: 90 };
  const secrets = await generateInstanceSecrets(terms);

  await applyObjects(shape, secrets);
  watch.mark('objects');
  const pods = new PodAddresses(shape);
  const address = await pods.of(0);
  const connect = () => connectTo(shape, secrets, address);
  await until(() => listens(address));
  const first = await connect();
  watch.mark('rs0-start');
  try {
    await bringUp(shape, secrets, first.db('admin'), pods, watch);
    watch.mark('provisioned');
    const binding = { id: newIdentifier(), parameters: {}, context: {}, secrets: generateBindingSecrets() };
    await bind(shape, binding, first.db('admin'));
    watch.mark('bound');
    const { uri, ca_certificate } = credentials(shape, { secrets }, binding);
    await writeAsApp(String(uri), String(ca_certificate));
    watch.mark('majority write');
  } finally {
    await first.close();
  }
  return { timeline: watch.timeline, shape, connect, remove: () => runStages(deprovision(admin, id)) };
}

async function applyObjects({ instance, set }: SingleReplicaSet, secrets: InstanceSecrets): Promise<void> {
  const apply = (manifest: Manifest) => admin.apply(manifest, never);
  const { namespace: name } = instance;
  const labels = { ...instanceLabels(instance), [managedByLabel]: managedBy };
  const restricted = { ...labels, 'pod-security.kubernetes.io/enforce': 'restricted' };
  const annotations = instanceAnnotations(instance);
  await apply({ ...kinds.namespace, metadata: { name, labels: restricted, annotations } } as Manifest);
  const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'holdfast-instance' };
  const roleBinding = {
    ...kinds.roleBinding,
    metadata: { name: 'holdfast-instance', namespace: name, labels },
    roleRef: role,
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bench' }],
  };
  const own = [membersService(set), ...replicaSetManifests(set)];
  const shared = [serviceAccount(instance), ...sharedManifests(instance, secrets, undefined)];
  await Promise.all([roleBinding, ...shared, ...own].map(apply));
  await apply(statefulSet(set, { clusterAssignsIds: false }));
}

async function bringUp(
  { set }: SingleReplicaSet,
  secrets: InstanceSecrets,
  database: Db,
  pods: PodAddresses,
  watch: Stopwatch,
): Promise<void> {
  await database.command({ replSetInitiate: initialConfig(set) });
  await until(async () => (await database.command({ hello: 1 })).isWritablePrimary === true);
  watch.mark('rs0-initiate');
  await database.command({ setDefaultRWConcern: 1, defaultWriteConcern: majority, writeConcern: majority });
  const administrator = {
    createUser: 'holdfast-admin',
    pwd: secrets.adminPassword,
    roles: [{ role: 'root', db: 'admin' }],
    mechanisms: ['SCRAM-SHA-256'],
    writeConcern: majority,
  };
  await Promise.all([database.command(administrator), addMembers(set, database, pods)]);
  watch.mark('rs0-members');
  await until(async () => describeMissing(set, await readStatus(database)) === undefined);
  watch.mark('rs0-votes');
  await Promise.all([restoreHeartbeat(database), verify(database)]);
}

async function addMembers(set: SingleReplicaSet['set'], database: Db, pods: PodAddresses): Promise<void> {
  for (;;) {
    const { config } = await database.command({ replSetGetConfig: 1 });
    const ordinal = nextMissing(set, config);
    if (ordinal === undefined) return;
    await pods.of(ordinal);
    await reconfigure(database, () => withMember(set, config, ordinal));
  }
}

async function restoreHeartbeat(database: Db): Promise<void> {
  const { config } = await database.command({ replSetGetConfig: 1 });
  await reconfigure(database, () => settled(config), 60);
}

/** Members take one configuration after the other; while they do, the next one is refused. */
async function reconfigure(database: Db, next: () => { readonly version: number }, maxTimeMS?: number): Promise<void> {
  const passing = ['NewReplicaSetConfigurationIncompatible', 'ConfigurationInProgress', 'CurrentConfigNotCommittedYet'];
  await until(async () => {
    const config = next();
    try {
      const replSetReconfig = { ...config, version: config.version + 1 };
      await database.command({ replSetReconfig, ...(maxTimeMS !== undefined && { maxTimeMS }) });
      return true;
    } catch (error) {
      const { codeName = '' } = error as { readonly codeName?: string };
      if (codeName === 'MaxTimeMSExpired') return true;
      if (passing.includes(codeName)) return false;
      throw error;
    }
  });
}

async function readStatus(database: Db): Promise<Parameters<typeof describeMissing>[1]> {
  return (await database.command({ replSetGetStatus: 1 })) as unknown as Parameters<typeof describeMissing>[1];
}

async function verify(database: Db): Promise<void> {
  const collection = 'holdfast.verification';
  await database.command({ insert: collection, documents: [{ at: new Date() }], writeConcern: majority });
  await database.command({ drop: collection, writeConcern: majority });
}

/** What a binding is: a user, and a way through the network. */
export async function bind(
  shape: SingleReplicaSet,
  binding: { readonly id: string; readonly secrets: { readonly password: string } },
  database: Db,
): Promise<void> {
  const { instance } = shape;
  const name = `b-${binding.id}`;
  const user = {
    createUser: name,
    pwd: binding.secrets.password,
    roles: rolesOf({ role: 'readWrite', database: `db-${instance.id}` }),
    mechanisms: ['SCRAM-SHA-256'],
    writeConcern: majority,
  };
  await Promise.all([
    database.command(user),
    admin.apply(clientsPolicy(instance, name, entranceOf(shape), undefined), never),
  ]);
}

/** As `__system`, whom every member knows by its key file. */
async function connectTo({ set }: SingleReplicaSet, secrets: InstanceSecrets, address: string): Promise<MongoClient> {
  const client = new MongoClient(`mongodb://${memberHost(set, 0)}/`, {
    auth: { username: '__system', password: secrets.keyFile },
    authSource: 'local',
    authMechanism: 'SCRAM-SHA-256',
    directConnection: true,
    tls: true,
    ca: secrets.authority.certificate,
    lookup: (_name, { all }, answer) => (all ? answer(null, [{ address, family: 4 }]) : answer(null, address, 4)),
  });
  return await client.connect();
}

function listens(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(27017, address);
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

/** Of the members' pods, as soon as they have one. */
class PodAddresses {
  constructor(private readonly shape: SingleReplicaSet) {}

  async of(ordinal: number): Promise<string> {
    const { instance, set } = this.shape;
    const where = { namespace: instance.namespace, labels: replicaSetSelector(set) };
    let address: string | undefined;
    await until(async () => {
      const pods = await admin.list<V1Pod>(kinds.pod, where, never);
      address = pods.find(({ metadata }) => metadata?.name === `${set.name}-${ordinal}`)?.status?.podIP;
      return address !== undefined;
    });
    return String(address);
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + patienceMilliseconds;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`not within ${patienceMilliseconds / 1000} s: ${isSo}`);
    await sleep(pollMilliseconds);
  }
}
