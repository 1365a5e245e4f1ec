import type { V1Container, V1PodTemplateSpec, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import type { Cluster } from '../../../kubernetes/cluster.js';
import { keyFileSecretName, mongodbPort, readinessPort, serviceAccountName, tlsSecretName } from '../names.js';
import type { ServerPlan } from '../template.js';
import { configurationFolder, mountedFiles, runFolder } from './mongod-configuration.js';
import {
  configHashAnnotation,
  type InstanceIdentity,
  instanceAnnotations,
  instanceLabels,
  shortHash,
} from './replica-set.js';

/** Whether pods say their own user and groups, or the cluster does so (OpenShift's security context constraints). */
export interface SecurityContext {
  readonly clusterAssignsIds: boolean;
}

export async function securityOf(cluster: Cluster, signal: AbortSignal): Promise<SecurityContext> {
  return { clusterAssignsIds: await cluster.servesGroup('security.openshift.io', signal) };
}

/** Pods that run one of MongoDB's servers, with the readiness program beside it. */
export interface Server {
  readonly instance: InstanceIdentity;
  readonly program: 'mongod' | 'mongos';
  /** The ConfigMap that holds the configuration, and its text. */
  readonly configuration: { readonly name: string; readonly text: string };
  readonly selector: Readonly<Record<string, string>>;
  readonly plan: ServerPlan;
  readonly mounts: readonly V1VolumeMount[];
}

/** The user `mongodb` of the official images. */
const mongodbUserId = 999;
const shutdownSeconds = 120;

/** The labels of the pods, and of what makes them. */
export function serverLabels({ instance, selector, plan }: Pick<Server, 'instance' | 'selector' | 'plan'>) {
  return { ...instanceLabels(instance), ...selector, 'app.kubernetes.io/version': plan.version };
}

export function serverPod(server: Server, { clusterAssignsIds }: SecurityContext): V1PodTemplateSpec {
  const { instance, selector, configuration } = server;
  const labelSelector = { matchLabels: selector };
  return {
    metadata: {
      labels: serverLabels(server),
      annotations: { ...instanceAnnotations(instance), [configHashAnnotation]: shortHash(configuration.text) },
    },
    spec: {
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
      containers: [container(server), readiness(server)],
      volumes: [
        configurationVolume(server),
        {
          name: 'authority',
          secret: { secretName: tlsSecretName, items: [item(mountedFiles.authority)], defaultMode },
        },
        { name: 'run', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
      ],
    },
  };
}

const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

function container({ program, plan, mounts }: Server): V1Container {
  const { configuration, keyFile } = mountedFiles;
  return {
    name: program,
    image: plan.image,
    imagePullPolicy: 'IfNotPresent',
    // MongoDB refuses a key file that its group may read, which is how Kubernetes mounts it. It is PID 1 for SIGTERM.
    command: [
      'sh',
      '-ec',
      `umask 077; cat ${configurationFolder}/${keyFile} > ${runFolder}/${keyFile}; ` +
        `exec ${program} --config ${configurationFolder}/${configuration}`,
    ],
    ports: [{ name: 'mongodb', containerPort: mongodbPort, protocol: 'TCP' }],
    resources: { requests: { cpu: plan.cpu, memory: plan.memoryRequest }, limits: { memory: plan.memory } },
    securityContext: restricted,
    // The journal's recovery may take minutes; and a member that syncs is alive.
    startupProbe: { tcpSocket: { port: 'mongodb' }, periodSeconds: 1, failureThreshold: 600 },
    livenessProbe: { tcpSocket: { port: 'mongodb' }, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
    volumeMounts: [
      ...mounts,
      { name: 'configuration', mountPath: configurationFolder, readOnly: true },
      { name: 'run', mountPath: runFolder },
    ],
  };
}

function readiness({ plan }: Server): V1Container {
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
function configurationVolume({ configuration: { name } }: Server): V1Volume {
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
