import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesObject } from '@kubernetes/client-node';
import { type Cluster, ClusterError, type Manifest } from './cluster.js';
import { managedBy, managedByLabel } from './labels.js';

/** The ClusterRole that says what the broker may do in the namespaces it made, and the RoleBinding that grants it. */
export const instanceRole = 'holdfast-instance';

export interface NamespaceRequest {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Applied last, as the proof that the rights have arrived: the instance's ServiceAccount. */
  readonly serviceAccount: Manifest;
}

const rightsBound = 5_000;
const rightsPoll = 15;

/**
 * Makes a namespace in which the broker has its rights: when this returns, everything that ClusterRole
 * `holdfast-instance` allows can be applied there. Idempotent.
 *
 * @throws ClusterError, with the reason `NamespaceTerminating` where the namespace is being deleted
 */
export async function openNamespace(cluster: Cluster, request: NamespaceRequest, signal: AbortSignal): Promise<void> {
  const { name, annotations = {}, serviceAccount } = request;
  const labels = { ...request.labels, [managedByLabel]: managedBy };
  const namespace = await cluster.apply<Manifest>(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels, annotations } },
    signal,
  );
  if (isBeingDeleted(namespace)) {
    throw new ClusterError(`open Namespace ${name}`, 409, 'NamespaceTerminating', 'the namespace is being deleted');
  }
  await cluster.apply(await roleBinding(cluster, name, labels, signal), signal);
  await applyOnceAllowed(cluster, serviceAccount, signal);
}

function isBeingDeleted({ metadata }: KubernetesObject): boolean {
  return metadata?.deletionTimestamp !== undefined;
}

async function roleBinding(
  cluster: Cluster,
  namespace: string,
  labels: Record<string, string>,
  signal: AbortSignal,
): Promise<Manifest & Record<string, unknown>> {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: instanceRole, namespace, labels },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: instanceRole },
    subjects: [await cluster.subject(signal)],
  };
}

/** The API server's authorizer learns of a new RoleBinding a few milliseconds after it was written. */
async function applyOnceAllowed(cluster: Cluster, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const until = Date.now() + rightsBound;
  for (;;) {
    try {
      await cluster.apply(manifest, signal);
      return;
    } catch (error) {
      if (!(error instanceof ClusterError && error.reason === 'Forbidden' && Date.now() < until)) throw error;
    }
    await sleep(rightsPoll, undefined, { signal });
  }
}
