import { KubeConfig, type KubernetesObject, type V1PersistentVolume, type V1Secret } from '@kubernetes/client-node';
import { KubernetesCluster } from '../../src/kubernetes/client.js';
import type { Cluster, Kind } from '../../src/kubernetes/cluster.js';
import { brokerLabel } from '../../src/kubernetes/labels.js';
import { required } from './scratch.js';

/** What the tests look at themselves, with an administrator's rights: the broker has the least that it needs. */
export const admin: Cluster = openAdmin();

export const never = new AbortController().signal;

/** Of what instances consist. */
export const kinds = {
  namespace: { apiVersion: 'v1', kind: 'Namespace' },
  pod: { apiVersion: 'v1', kind: 'Pod' },
  secret: { apiVersion: 'v1', kind: 'Secret' },
  service: { apiVersion: 'v1', kind: 'Service' },
  claim: { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  volume: { apiVersion: 'v1', kind: 'PersistentVolume' },
  statefulSet: { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  roleBinding: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
  networkPolicy: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
  disruptionBudget: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
} as const satisfies Record<string, Kind>;

export const nodeKind = { apiVersion: 'v1', kind: 'Node' } as const satisfies Kind;

function openAdmin(): Cluster {
  const config = new KubeConfig();
  config.loadFromFile(required('TEST_ADMIN_KUBECONFIG'));
  return new KubernetesCluster(config);
}

/** The names of all objects of a kind that a broker made. */
export async function madeBy(broker: string, kind: Kind): Promise<readonly string[]> {
  const objects = await admin.list(kind, { labels: { [brokerLabel]: broker } }, never);
  return objects.map(({ metadata }) => `${metadata?.namespace ?? ''}/${metadata?.name}`);
}

export async function inNamespace<T extends KubernetesObject>(kind: Kind, namespace: string): Promise<readonly T[]> {
  return await admin.list<T>(kind, { namespace }, never);
}

/** The volumes that an instance's members have claimed. */
export async function volumesOf(namespace: string): Promise<readonly V1PersistentVolume[]> {
  const volumes = await admin.list<V1PersistentVolume>(kinds.volume, {}, never);
  return volumes.filter(({ spec }) => spec?.claimRef?.namespace === namespace);
}

/** What a Secret holds; `undefined` where there is none. */
export async function readSecret(
  namespace: string,
  name: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const secret = await admin.read<V1Secret>(kinds.secret, { namespace, name }, never);
  const entries = Object.entries(secret?.data ?? {});
  return secret && Object.fromEntries(entries.map(([key, base64]) => [key, Buffer.from(base64, 'base64').toString()]));
}
