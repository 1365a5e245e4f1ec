import type { KubernetesObject, V1Namespace, V1ObjectMeta, V1PersistentVolume } from '@kubernetes/client-node';
import { type Cluster, ClusterError } from '../../kubernetes/cluster.js';
import { done, type Procedure, type Step, wait } from '../../operations/step.js';
import { topicsOf } from './environment.js';
import { claimKind, namespaceKind, persistentVolumeKind, podKind, statefulSetKind } from './kinds.js';
import { namespaceOf } from './names.js';
import { poll } from './poll.js';

/** Works at any state in which a provision may have been halted, and when nothing is left at all. */
export function deprovision(cluster: Cluster, instanceId: string): Procedure {
  const namespace = namespaceOf(instanceId);
  return {
    topics: topicsOf(namespace),
    stages: [
      [stopMembers(cluster, namespace)],
      [removeNamespace(cluster, namespace)],
      [awaitVolumes(cluster, namespace)],
    ],
  };
}

/**
 * Members end with almost no grace, because their data goes too. The namespace controller begins five seconds after the
 * namespace's deletion was asked for, so that is asked at once; members and claims are to be gone by then, because it looks
 * again at what is left only some seconds later, or half of a pod's grace period.
 */
function stopMembers(cluster: Cluster, namespace: string): Step {
  return {
    key: 'members',
    description: 'stopping the members',
    async run({ signal }) {
      if (!(await cluster.read(namespaceKind, { name: namespace }, signal))) return done;
      try {
        // Pods that go with their StatefulSet have all of their grace.
        await cluster.removeAll(statefulSetKind, { namespace }, signal, { propagation: 'Orphan' });
        await Promise.all([
          cluster.removeAll(podKind, { namespace }, signal, { gracePeriodSeconds: 1 }),
          cluster.removeAll(claimKind, { namespace }, signal),
        ]);
        await cluster.remove(namespaceKind, { name: namespace }, signal);
        const [pods, claims] = await Promise.all([
          cluster.list(podKind, { namespace }, signal),
          cluster.list(claimKind, { namespace }, signal),
        ]);
        if (pods.length > 0) return wait(`waiting for members to stop: ${pods.length} left`);
        if (claims.length > 0) return wait(`waiting for volume claims to end: ${claims.length} left`);
        await noteEmpty(cluster, namespace, signal);
      } catch (error) {
        // A namespace without our rights in it (yet, or any more) has no members either.
        if (!(error instanceof ClusterError && error.reason === 'Forbidden')) throw error;
      }
      return done;
    },
  };
}

/**
 * The namespace controller looks again five seconds after a change of the namespace, but unasked only after half of a
 * pod's grace period, which is a minute where members ended late.
 */
async function noteEmpty(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<void> {
  const { metadata } = (await cluster.read<V1Namespace>(namespaceKind, { name: namespace }, signal)) ?? {};
  if (!metadata) return;
  const { name, uid, labels, annotations } = metadata;
  const noted = { ...annotations, 'holdfast.dev/empty-since': new Date().toISOString() };
  try {
    // With its uid, so that a namespace that has gone meanwhile is not made anew.
    await cluster.apply(
      { ...namespaceKind, metadata: { name, uid, labels, annotations: noted } as V1ObjectMeta },
      signal,
    );
  } catch (error) {
    if (!(error instanceof ClusterError && error.reason === 'Conflict')) throw error;
  }
}

function removeNamespace(cluster: Cluster, namespace: string): Step {
  return {
    key: 'namespace',
    description: 'removing the namespace',
    async run({ signal }) {
      if ((await cluster.remove(namespaceKind, { name: namespace }, signal)) === 'gone') return done;
      const left = await cluster.read<V1Namespace>(namespaceKind, { name: namespace }, signal);
      return left ? wait(`waiting for the namespace to end${describeNamespace(left)}`) : done;
    },
  };
}

/** https://kubernetes.io/docs/tasks/administer-cluster/namespaces/: what the namespace controller still waits for. */
export function describeNamespace({ metadata, status }: V1Namespace): string {
  const obstacles = (status?.conditions ?? [])
    .filter((condition) => condition.status === 'True')
    .map(({ type, message }) => message ?? type);
  const finalizers = metadata?.finalizers ?? [];
  const reasons = finalizers.length > 0 ? [...obstacles, `finalizers ${finalizers.join(', ')}`] : obstacles;
  return reasons.length > 0 ? `: ${reasons.join('; ')}` : '';
}

function awaitVolumes(cluster: Cluster, namespace: string): Step {
  return {
    key: 'volumes',
    description: 'removing the volumes',
    async run({ signal }) {
      let left: readonly KubernetesObject[] = [];
      const isGone = await poll(signal, async () => {
        const all = await cluster.list<V1PersistentVolume>(persistentVolumeKind, {}, signal);
        left = all.filter((volume) => isOf(volume, namespace));
        return left.length === 0 || undefined;
      });
      const names = left.map(({ metadata }) => metadata?.name).join(', ');
      return isGone ? done : wait(`waiting for volumes to be removed: ${names}`);
    },
  };
}

/** Volumes that are to be retained stay. */
function isOf({ spec }: V1PersistentVolume, namespace: string): boolean {
  return spec?.claimRef?.namespace === namespace && spec.persistentVolumeReclaimPolicy === 'Delete';
}
