import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerUser } from '../../local/cluster/certificates.js';
import { instanceRole, openNamespace } from '../../src/kubernetes/access.js';
import { KubernetesCluster } from '../../src/kubernetes/client.js';
import { managedBy, managedByLabel } from '../../src/kubernetes/labels.js';
import { admin, kinds, never } from '../support/admin-cluster.js';
import { asBroker } from '../support/as-broker.js';

/** What somebody who has the broker's credentials could try outside of what is the broker's. */
const stolen = new KubernetesCluster(asBroker());
const run = randomBytes(4).toString('hex');
const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
const labels = { ...restricted, [managedByLabel]: managedBy };

const own = `m-${run}-own`;
/** Others' namespaces: one like any, one with a name like ours, one with our label. */
const foreign = [`foreign-${run}`, `m-${run}-foreign`, `labelled-${run}`];
const labelsOf = (name: string) => (name.startsWith('labelled') ? labels : restricted);

const namespace = (name: string, its: Readonly<Record<string, string>>) => ({
  ...kinds.namespace,
  metadata: { name, labels: its },
});
const grant = (where: string, name = brokerUser) => ({
  ...kinds.roleBinding,
  metadata: { name: instanceRole, namespace: where },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: instanceRole },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
});
const isRefused = (attempt: Promise<unknown>, why: string) =>
  expect(attempt).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining(
      `ValidatingAdmissionPolicy 'holdfast-broker' with binding 'holdfast-broker' denied request: ${why}`,
    ),
  });
const notOurs = "the namespace is not one of Holdfast's";

beforeAll(async () => {
  await Promise.all(foreign.map((name) => admin.apply(namespace(name, labelsOf(name)), never)));
  const serviceAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'mongodb', namespace: own } };
  await openNamespace(stolen, { name: own, labels: restricted, serviceAccount }, never);
});
afterAll(async () => {
  const granted = ['default', 'kube-system'].map((where) => ({ namespace: where, name: instanceRole }));
  const made = [...foreign, own, `new-${run}`, `m-${run}-new`].map((name) => ({ name }));
  await Promise.all([
    ...granted.map((address) => admin.remove(kinds.roleBinding, address, never)),
    ...made.map((address) => admin.remove(kinds.namespace, address, never)),
  ]);
});

describe('with the credentials of the broker', () => {
  it.each(['default', 'kube-system', ...foreign])('nobody gets its rights in %s', async (where) => {
    await isRefused(stolen.apply(grant(where), never), notOurs);
  });

  it.each(foreign)('nobody deletes %s', async (name) => {
    await isRefused(stolen.remove(kinds.namespace, { name }, never), notOurs);
    expect((await admin.read(kinds.namespace, { name }, never))?.metadata).not.toHaveProperty('deletionTimestamp');
  });

  it.each(foreign)('nobody makes %s look like one of its own', async (name) => {
    await isRefused(stolen.apply(namespace(name, labels), never), notOurs);
  });

  it.each([
    [`new-${run}`, labels],
    [`m-${run}-new`, restricted],
  ])('nobody makes the namespace %s', async (name, its) => {
    await isRefused(stolen.apply(namespace(name, its), never), notOurs);
  });

  it.each([
    ['a new namespace', `m-${run}-new`],
    ['one that is there', own],
  ])('nobody has %s without Pod Security', async (_what, name) => {
    const privileged = { ...labels, 'pod-security.kubernetes.io/enforce': 'privileged' };
    await isRefused(stolen.apply(namespace(name, privileged), never), 'the namespace does not enforce');
    await isRefused(stolen.apply(namespace(name, { [managedByLabel]: managedBy }), never), 'the namespace does not');
  });

  it('nobody gives its rights to another', async () => {
    await isRefused(stolen.apply(grant(own, 'somebody'), never), 'Holdfast gives its rights to nobody but itself');
  });

  it('nobody hands out another role', async () => {
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
    const more = { ...grant(own), metadata: { name: 'more', namespace: own }, roleRef };
    await expect(stolen.apply(more, never)).rejects.toMatchObject({ status: 403, reason: 'Forbidden' });
  });

  it('nobody reads a Secret, not even where it writes them', async () => {
    for (const where of [{}, { namespace: own }, { namespace: 'kube-system' }]) {
      await expect(stolen.list(kinds.secret, where, never)).rejects.toMatchObject({ status: 403, reason: 'Forbidden' });
    }
  });
});

it('an administrator is not held to it', async () => {
  await admin.apply(grant(foreign[0] ?? '', 'somebody'), never);
  await admin.remove(kinds.namespace, { name: foreign[0] ?? '' }, never);
});
