import type { V1StatefulSet } from '@kubernetes/client-node';
import { statefulSetKind } from '../kinds.js';
import type { Typed } from './manifests.js';
import { dataFolder, mongodConfiguration } from './mongod-configuration.js';
import {
  instanceAnnotations,
  metadataOf,
  type ReplicaSet,
  replicaSetLabels,
  replicaSetSelector,
} from './replica-set.js';
import { type SecurityContext, type Server, serverLabels, serverPod } from './server-pod.js';

export function statefulSet(set: ReplicaSet, security: SecurityContext): Typed<V1StatefulSet> {
  const server = serverOf(set);
  return {
    ...statefulSetKind,
    metadata: metadataOf(set.instance, set.name, serverLabels(server)),
    spec: {
      serviceName: set.service,
      replicas: set.members,
      podManagementPolicy: 'Parallel',
      // Holdfast restarts members itself, the primary last.
      updateStrategy: { type: 'OnDelete' },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: { matchLabels: server.selector },
      template: serverPod(server, security),
      volumeClaimTemplates: [
        {
          metadata: {
            name: 'data',
            labels: replicaSetLabels(set),
            annotations: instanceAnnotations(set.instance),
          },
          spec: {
            accessModes: ['ReadWriteOnce'],
            ...(set.plan.storageClass !== undefined && { storageClassName: set.plan.storageClass }),
            resources: { requests: { storage: set.plan.storage } },
          },
        },
      ],
    },
  };
}

function serverOf(set: ReplicaSet): Server {
  return {
    instance: set.instance,
    program: 'mongod',
    configuration: { name: set.name, text: mongodConfiguration(set) },
    selector: replicaSetSelector(set),
    plan: set.plan,
    mounts: [{ name: 'data', mountPath: dataFolder }],
  };
}
