import { randomBytes } from 'node:crypto';
import type { V1Namespace, V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, inNamespace, kinds, never } from '../support/admin-cluster.js';
import { provision } from '../support/apps.js';
import { BrokerPlace } from '../support/broker-place.js';
import { execInPod } from '../support/exec-in-pod.js';
import { ProbePod } from '../support/probe-pod.js';
import { type ContainerProcess, processesOfPod } from '../support/processes-of-pod.js';
import { shardedCatalog } from '../support/sharded-catalog.js';

/** What a member's processes really run with, by what the kernel says of them: a manifest only asks for it. */
const catalog = shardedCatalog();
let place: BrokerPlace;
let namespace: string;
let pods: readonly V1Pod[];
let processes: readonly ContainerProcess[];
/** A pod that takes what it gets: what is looked at shows there. */
const probe = `careless-${randomBytes(4).toString('hex')}`;
let careless: ProbePod;

beforeAll(async () => {
  place = await BrokerPlace.open({}, { HOLDFAST_CATALOG: catalog.file });
  const broker = await place.install();
  const sold = await broker.sold('mongodb', 'sharded-tiny');
  [careless] = await Promise.all([ProbePod.start(probe, { runAsUser: 0 }), provision(broker, 'inspected', sold)]);
  ({ namespace } = await place.instance('inspected'));
  pods = await inNamespace<V1Pod>(kinds.pod, namespace);
  processes = pods.flatMap(({ metadata }) => processesOfPod(metadata?.uid ?? ''));
});
afterAll(async () => {
  await admin.remove(kinds.namespace, { name: probe }, never);
  await place?.close();
  catalog.remove();
});

describe('the processes of MongoDB’s pods', () => {
  const each = <Value>(of: (process: ContainerProcess) => Value) =>
    new Set(processes.map((process) => JSON.stringify(of(process), (_key, value) => String(value))));
  const all = <Value>(value: Value) => new Set([JSON.stringify(value, (_key, one) => String(one))]);

  it('are its servers, each with the readiness program beside it', () => {
    // The kernel cuts names off after 15 letters.
    const beside = 'mongodb-readiness'.slice(0, 15);
    expect(processes.map(({ name }) => name).sort()).toEqual(
      ['mongod', 'mongod', 'mongos', ...Array(3).fill(beside)].sort(),
    );
  });

  it('are not root’s', () => {
    for (const { userIds, groupIds } of processes) {
      expect(userIds).not.toContain(0);
      expect(groupIds).not.toContain(0);
    }
  });

  it('have no capabilities, and can get none', () => {
    expect(each(({ capabilities }) => capabilities.every((set) => set === 0n))).toEqual(all(true));
    expect(each(({ mayGainPrivileges }) => mayGainPrivileges)).toEqual(all(false));
  });

  it('have their system calls filtered', () => {
    expect(each(({ seccomp }) => seccomp)).toEqual(all(2));
  });

  it('have a root that is read-only', () => {
    expect(each(({ rootOptions }) => rootOptions.includes('ro'))).toEqual(all(true));
  });

  it('are told nothing of the cluster: no token, no other Services', () => {
    expect(processes.flatMap(({ mounts }) => mounts).filter((point) => point.includes('serviceaccount'))).toEqual([]);
    const services = processes.flatMap(({ environment }) =>
      environment.filter((entry) => /_SERVICE_HOST=/.test(entry)),
    );
    expect(services.filter((entry) => !entry.startsWith('KUBERNETES_'))).toEqual([]);
  });
});

it('a pod that takes what it gets is root, with capabilities, and writes where it likes', async () => {
  const { namespace: home, pod: name } = careless.at;
  const pod = await admin.read<V1Pod>(kinds.pod, { namespace: home, name }, never);
  const [root] = processesOfPod(pod?.metadata?.uid ?? '');
  expect(root).toMatchObject({ userIds: expect.arrayContaining([0]), mayGainPrivileges: true, seccomp: 0 });
  expect(root?.capabilities.some((set) => set !== 0n)).toBe(true);
  expect(root?.rootOptions).toContain('rw');
  expect(await execInPod(careless.at, ['sh', '-c', 'echo 1 > /intruder'])).toMatchObject({ code: 0 });
});

it('who is in a container writes nowhere but where its data is', async () => {
  const at = { namespace, pod: 'shard0-0', container: 'mongod' };
  const tried = ['/intruder', '/etc/intruder', '/usr/bin/intruder', '/etc/mongodb/intruder', '/tmp/intruder'];
  for (const path of tried) {
    expect([path, (await execInPod(at, ['sh', '-c', `echo 1 > ${path}`])).code]).not.toEqual([path, 0]);
  }
  const { output } = await execInPod(at, ['id', '-u']);
  expect(output.trim()).toBe('999');
});

it('a pod that wants more is not let into the namespace', async () => {
  const read = await admin.read<V1Namespace>(kinds.namespace, { name: namespace }, never);
  expect(read?.metadata?.labels).toHaveProperty(['pod-security.kubernetes.io/enforce'], 'restricted');
  const container = { name: 'intruder', image: 'x', securityContext: { privileged: true } };
  const pod = { ...kinds.pod, metadata: { namespace, name: 'intruder' }, spec: { containers: [container] } };
  await expect(admin.apply(pod, never)).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining('PodSecurity'),
  });
});
