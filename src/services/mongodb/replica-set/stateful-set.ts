import type { V1Container, V1PodSpec, V1StatefulSet, V1Volume } from '@kubernetes/client-node';
import { keyFileSecretName, mongodbPort, readinessPort, serviceAccountName, tlsSecretName } from '../names.js';
import {
  configurationFolder,
  dataFolder,
  mongodConfiguration,
  mountedFiles,
  runFolder,
} from './mongod-configuration.js';
import {
  configHashAnnotation,
  instanceAnnotations,
  metadataOf,
  type ReplicaSet,
  replicaSetLabels,
  replicaSetSelector,
  shortHash,
} from './replica-set.js';

/** Whether pods say their own user and groups, or the cluster does so (OpenShift's security context constraints). */
export interface SecurityContext {
  readonly clusterAssignsIds: boolean;
}

/** The user `mongodb` of the official images. */
const mongodbUserId = 999;
const shutdownSeconds = 120;

type Typed<T> = T & { readonly apiVersion: string; readonly kind: string };

export function statefulSet(set: ReplicaSet, security: SecurityContext): Typed<V1StatefulSet> {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadataOf(set.instance, set.name, versioned(set)),
    spec: {
      serviceName: set.name,
      replicas: set.members,
      podManagementPolicy: 'Parallel',
      // Holdfast restarts members itself, the primary last.
      updateStrategy: { type: 'OnDelete' },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: { matchLabels: replicaSetSelector(set) },
      template: {
        metadata: {
          labels: versioned(set),
          annotations: {
            ...instanceAnnotations(set.instance),
            [configHashAnnotation]: shortHash(mongodConfiguration(set)),
          },
        },
        spec: podSpec(set, security),
      },
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

function versioned(set: ReplicaSet): Record<string, string> {
  return { ...replicaSetLabels(set), 'app.kubernetes.io/version': set.plan.version };
}

function podSpec(set: ReplicaSet, { clusterAssignsIds }: SecurityContext): V1PodSpec {
  const labelSelector = { matchLabels: replicaSetSelector(set) };
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: shutdownSeconds,
    securityContext: {
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
      ...(!clusterAssignsIds && {
        runAsUser: mongodbUserId,
        runAsGroup: mongodbUserId,
        fsGroup: mongodbUserId,
        fsGroupChangePolicy: 'OnRootMismatch',
      }),
    },
    topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector,
    })),
    containers: [mongod(set), readiness(set)],
    volumes: [
      configurationVolume(set),
      { name: 'authority', secret: { secretName: tlsSecretName, items: [item(mountedFiles.authority)], defaultMode } },
      { name: 'run', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
    ],
  };
}

const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

function mongod({ plan }: ReplicaSet): V1Container {
  const { configuration, keyFile } = mountedFiles;
  return {
    name: 'mongod',
    image: plan.image,
    imagePullPolicy: 'IfNotPresent',
    // mongod refuses a key file that its group may read, which is how Kubernetes mounts it. It is PID 1 for SIGTERM.
    command: [
      'sh',
      '-ec',
      `umask 077; cat ${configurationFolder}/${keyFile} > ${runFolder}/${keyFile}; ` +
        `exec mongod --config ${configurationFolder}/${configuration}`,
    ],
    ports: [{ name: 'mongodb', containerPort: mongodbPort, protocol: 'TCP' }],
    resources: { requests: { cpu: plan.cpu, memory: plan.memoryRequest }, limits: { memory: plan.memory } },
    securityContext: restricted,
    // The journal's recovery may take minutes; and a member that syncs is alive.
    startupProbe: { tcpSocket: { port: 'mongodb' }, periodSeconds: 1, failureThreshold: 600 },
    livenessProbe: { tcpSocket: { port: 'mongodb' }, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
    volumeMounts: [
      { name: 'data', mountPath: dataFolder },
      { name: 'configuration', mountPath: configurationFolder, readOnly: true },
      { name: 'run', mountPath: runFolder },
    ],
  };
}

function readiness({ plan }: ReplicaSet): V1Container {
  return {
    name: 'readiness',
    image: plan.readinessImage,
    imagePullPolicy: 'IfNotPresent',
    env: [
      { name: 'GOMEMLIMIT', value: '12MiB' },
      { name: 'GOMAXPROCS', value: '1' },
    ],
    ports: [{ name: 'readiness', containerPort: readinessPort, protocol: 'TCP' }],
    resources: { requests: { cpu: '1m', memory: '8Mi' }, limits: { memory: '32Mi' } },
    securityContext: restricted,
    readinessProbe: {
      httpGet: { path: '/ready', port: 'readiness' },
      periodSeconds: 5,
      timeoutSeconds: 3,
      failureThreshold: 3,
    },
    // The authority alone: the key file is not for it.
    volumeMounts: [{ name: 'authority', mountPath: configurationFolder, readOnly: true }],
  };
}

/** One volume of three sources: the kubelet sets up each volume of a pod by itself. */
function configurationVolume({ name }: ReplicaSet): V1Volume {
  return {
    name: 'configuration',
    projected: {
      defaultMode,
      sources: [
        { configMap: { name, items: [item(mountedFiles.configuration)] } },
        { secret: { name: keyFileSecretName, items: [item(mountedFiles.keyFile)] } },
        { secret: { name: tlsSecretName, items: [item(mountedFiles.authority), item(mountedFiles.certificateKey)] } },
      ],
    },
  };
}

const defaultMode = 0o440;

const item = (file: string) => ({ key: file, path: file });
