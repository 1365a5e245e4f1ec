import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Container, V1Namespace, V1NetworkPolicy, V1Pod, V1PodDisruptionBudget } from '@kubernetes/client-node';
import type { Db } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { admin, inNamespace, kinds, never, volumesOf } from '../support/admin-cluster.js';
import { startWriting } from '../support/app-writer.js';
import { type AppCredentials, appClient, bind, provision } from '../support/apps.js';
import type { BrokerDriver } from '../support/broker-driver.js';
import { BrokerPlace } from '../support/broker-place.js';
import { writeAndReadInPod } from '../support/client-pod.js';
import { stopMember } from '../support/member-stop.js';
import { memberNames, onMember, primaryOf, type StoredConfiguration, statusOf } from '../support/members.js';

let place: BrokerPlace;
let broker: BrokerDriver;
let namespace: string;
/** Of an app of another namespace, and of one that may be anywhere. */
let inCluster: AppCredentials;
let outside: AppCredentials;
const appNamespace = `app-${process.pid}-${Date.now()}`;

beforeAll(async () => {
  place = await BrokerPlace.open();
  broker = await place.install();
  const sold = await broker.sold('mongodb', 'replica-set-small');
  await provision(broker, 'orders', sold);
  ({ namespace } = await place.instance('orders'));
  const context = { platform: 'kubernetes', namespace: appNamespace };
  [inCluster, outside] = await Promise.all([
    bind(broker, 'orders', 'in the cluster', { ...sold, context }),
    bind(broker, 'orders', 'outside', sold),
  ]);
});
afterAll(() => place.close());

const everyMember = <Result>(ask: (member: string) => Promise<Result>) => Promise.all(memberNames.map(ask));

describe('a replica set from one PUT', () => {
  it('has three members that vote, none of them newly added', async () => {
    const statuses = await everyMember((member) => statusOf(namespace, member));
    for (const { members, votingMembersCount } of statuses) {
      expect(votingMembersCount).toBe(3);
      expect(members.map(({ stateStr }) => stateStr).sort()).toEqual(['PRIMARY', 'SECONDARY', 'SECONDARY']);
    }
    const configurations = await everyMember((member) => onMember(namespace, member, storedConfiguration));
    for (const { members } of configurations) {
      expect(members).toHaveLength(3);
      expect(members.filter((member) => 'newlyAdded' in member)).toEqual([]);
    }
  });

  it('has the heartbeat interval of the server again, not that of the bring-up', async () => {
    const { settings } = await onMember(namespace, 'rs0-0', storedConfiguration);
    expect(settings.heartbeatIntervalMillis).toBe(2000);
  });

  it('refuses clients that do not speak TLS, at each member', async () => {
    const ping = (member: string, tls: boolean) =>
      onMember(namespace, member, (database) => database.command({ ping: 1 }), {
        tls,
        serverSelectionTimeoutMS: tls ? 5_000 : 500,
      });
    for (const member of memberNames) {
      await expect(ping(member, true)).resolves.toMatchObject({ ok: 1 });
      await expect(ping(member, false)).rejects.toThrow(/closed|reset/);
    }
  });

  it('is verified by the CA of the binding: a client without it refuses the members', async () => {
    const client = appClient({ ...outside, ca_certificate: '' }, { serverSelectionTimeoutMS: 1_000 });
    await expect(client.connect()).rejects.toThrow(/certificate/);
    await client.close();
  });
});

describe("the driver, with the binding's uri and ca_certificate alone", () => {
  it('writes with a majority and reads, from a pod in another namespace', async () => {
    expect(appNamespace).not.toBe(namespace);
    expect(await writeAndReadInPod(appNamespace, inCluster)).toEqual({
      text: 'from a pod',
      setName: 'rs0',
      hosts: memberNames.map((member) => `${member}.rs0.${namespace}.svc.cluster.local:27017`),
    });
  });

  it('writes with a majority and reads, from the host', async () => {
    const client = appClient(outside);
    const notes = client.db().collection('from-the-host');
    await notes.insertOne({ n: 1 }, { writeConcern: { w: 'majority', wtimeoutMS: 10_000 } });
    expect(await notes.countDocuments({ n: 1 }, { readConcern: 'majority' })).toBe(1);
    expect(client.db().databaseName).toBe(outside.database);
    await client.close();
  });
});

describe('its objects', () => {
  it('have Pod Security `restricted` enforced', async () => {
    const found = await admin.read<V1Namespace>(kinds.namespace, { name: namespace }, never);
    expect(found?.metadata?.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    const careless = {
      ...kinds.pod,
      metadata: { namespace, name: 'careless' },
      spec: { containers: [{ name: 'careless', image: 'any' }] },
    };
    await expect(admin.apply(careless, never)).rejects.toThrow(/violates PodSecurity "restricted/);
  });

  it('are pods that run without root, on a root file system that is read-only', async () => {
    const pods = await inNamespace<V1Pod>(kinds.pod, namespace);
    expect(pods.map(({ metadata }) => metadata?.name).sort()).toEqual(memberNames);
    for (const { spec } of pods) {
      expect(spec?.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 999 });
      expect(spec?.automountServiceAccountToken).toBe(false);
      for (const container of spec?.containers ?? []) expect(isConfined(container)).toBe(true);
    }
    for (const { spec } of await volumesOf(namespace)) {
      expect(statSync(join(spec?.local?.path ?? '', 'WiredTiger')).uid).toBe(999);
    }
  });

  it('are a disruption budget that lets one member go at a time', async () => {
    await vi.waitFor(
      async () => {
        const [budget, ...others] = await inNamespace<V1PodDisruptionBudget>(kinds.disruptionBudget, namespace);
        expect(others).toEqual([]);
        expect(budget?.status).toMatchObject({ expectedPods: 3, currentHealthy: 3, desiredHealthy: 2 });
        expect(budget?.status?.disruptionsAllowed).toBe(1);
      },
      { timeout: 60_000, interval: 500 },
    );
  });

  it('are network policies that let in members, and the apps of its bindings', async () => {
    const policies = await inNamespace<V1NetworkPolicy>(kinds.networkPolicy, namespace);
    const pods = await inNamespace<V1Pod>(kinds.pod, namespace);
    const specs = new Map(policies.map(({ metadata, spec }) => [metadata?.name, spec]));
    expect([...specs.keys()].sort()).toEqual([inCluster.username, outside.username, 'members'].sort());
    expect(specs.get('members')?.policyTypes?.sort()).toEqual(['Egress', 'Ingress']);
    for (const spec of specs.values()) {
      const selected = spec?.podSelector?.matchLabels;
      expect(Object.keys(selected ?? {})).not.toEqual([]);
      for (const { metadata } of pods) expect(metadata?.labels).toMatchObject(selected ?? {});
    }
    const from = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': appNamespace } } };
    const ports = [{ port: 27017, protocol: 'TCP' }];
    expect(specs.get(inCluster.username)?.ingress).toEqual([{ from: [from], ports }]);
    expect(specs.get(outside.username)?.ingress).toEqual([{ ports }]);
  });
});

describe('a member that is stopped', () => {
  it("ends in good order, while the apps' writes go on, and the set is whole again", async () => {
    const writer = startWriting(outside);
    const former = await primaryOf(namespace);
    const survivor = memberNames.find((member) => member !== former) ?? '';
    await writer.someMore();
    expect(await stopMember(namespace, former)).toEqual({ mongod: 0, readiness: 0 });
    const { members } = await statusOf(namespace, survivor);
    expect(members.find(({ stateStr }) => stateStr === 'PRIMARY')?.name).not.toContain(former);
    await writer.someMore();
    await isWhole();
    await writer.someMore();
    const { acknowledged, found } = await writer.stop();
    expect(found).toBe(acknowledged);
  });
});

async function storedConfiguration(database: Db) {
  const [stored] = await database.client.db('local').collection('system.replset').find().toArray();
  return stored as unknown as StoredConfiguration;
}

function isConfined({ securityContext }: V1Container): boolean {
  return (
    securityContext?.readOnlyRootFilesystem === true &&
    securityContext.allowPrivilegeEscalation === false &&
    securityContext.capabilities?.drop?.includes('ALL') === true
  );
}

async function isWhole(): Promise<void> {
  await vi.waitFor(
    async () => {
      const statuses = await everyMember((member) => statusOf(namespace, member));
      for (const { members, votingMembersCount } of statuses) {
        expect(votingMembersCount).toBe(3);
        expect(members.map(({ stateStr }) => stateStr).sort()).toEqual(['PRIMARY', 'SECONDARY', 'SECONDARY']);
      }
    },
    { timeout: 90_000, interval: 500 },
  );
}
