import type { V1StatefulSet } from '@kubernetes/client-node';
import { openNamespace } from '../../kubernetes/access.js';
import type { Cluster } from '../../kubernetes/cluster.js';
import { done, type Step } from '../../operations/step.js';
import type { Environment } from './environment.js';
import { statefulSetKind } from './kinds.js';
import { applyPlanned } from './planned.js';
import { serviceAccount, sharedManifests } from './replica-set/manifests.js';
import {
  type InstanceIdentity,
  instanceAnnotations,
  instanceLabels,
  type ReplicaSet,
} from './replica-set/replica-set.js';
import { securityOf } from './replica-set/server-pod.js';
import { statefulSet } from './replica-set/stateful-set.js';
import type { InstanceSecrets } from './secrets.js';
import type { Topology } from './topology.js';

export function prepareNamespace({ cluster }: Environment, instance: InstanceIdentity): Step {
  return {
    key: 'namespace',
    description: 'preparing the namespace',
    async run({ signal }) {
      const request = {
        name: instance.namespace,
        labels: { ...instanceLabels(instance), 'pod-security.kubernetes.io/enforce': 'restricted' },
        annotations: instanceAnnotations(instance),
        serviceAccount: serviceAccount(instance),
      };
      await openNamespace(cluster, request, signal);
      return done;
    },
  };
}

/** @param sized how many members a replica set has for now, where it is there already */
export function applyObjects(
  { cluster, brokerNamespace }: Environment,
  { shape: { instance }, manifests, sets, routers }: Topology,
  secrets: InstanceSecrets,
  sized: (set: ReplicaSet, signal: AbortSignal) => Promise<ReplicaSet> = async (set) => set,
): Step {
  return {
    key: 'objects',
    description: 'creating the Kubernetes objects',
    async run({ signal }) {
      const security = await securityOf(cluster, signal);
      // The kubelet looks again only after half a second for what a pod lacks.
      await applyPlanned(cluster, [...sharedManifests(instance, secrets, brokerNamespace), ...manifests], signal);
      const statefulSets = await Promise.all(sets.map(async (set) => statefulSet(await sized(set, signal), security)));
      await applyPlanned(cluster, [...statefulSets, ...routers(security)], signal);
      return done;
    },
  };
}

/** No pods are taken away: a member that goes has to leave its replica set first. */
export function neverFewer(cluster: Cluster) {
  return async (set: ReplicaSet, signal: AbortSignal): Promise<ReplicaSet> => {
    const address = { namespace: set.instance.namespace, name: set.name };
    const existing = await cluster.read<V1StatefulSet>(statefulSetKind, address, signal);
    return { ...set, members: Math.max(set.members, existing?.spec?.replicas ?? 0) };
  };
}
