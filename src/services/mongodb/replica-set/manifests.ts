import type {
  V1ConfigMap,
  V1PodDisruptionBudget,
  V1Secret,
  V1Service,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import type { Manifest } from '../../../kubernetes/cluster.js';
import { configMapKind, disruptionBudgetKind, serviceKind } from '../kinds.js';
import {
  adminSecretName,
  adminUser,
  keyFileSecretName,
  mongodbPort,
  serviceAccountName,
  tlsSecretName,
} from '../names.js';
import { certificateKeyOf, type InstanceSecrets, keyFileText, trustedAuthorities } from '../secrets.js';
import { mongodConfiguration, mountedFiles } from './mongod-configuration.js';
import { membersPolicy } from './network-policies.js';
import {
  type InstanceIdentity,
  instanceLabels,
  metadataOf,
  type ReplicaSet,
  replicaSetLabels,
  replicaSetSelector,
  roleSelector,
} from './replica-set.js';

export type Typed<T> = T & { readonly apiVersion: string; readonly kind: string };

/** What the members share, whatever the topology; the ServiceAccount comes with the namespace. */
export function sharedManifests(
  instance: InstanceIdentity,
  secrets: InstanceSecrets,
  brokerNamespace: string | undefined,
): readonly Manifest[] {
  return [...secretManifests(instance, secrets), membersPolicy(instance, brokerNamespace)];
}

/** What a replica set's pods need before they start; they come with its StatefulSet. */
export function replicaSetManifests(set: ReplicaSet): readonly Manifest[] {
  return [
    configMap(set.instance, set.name, replicaSetLabels(set), mongodConfiguration(set)),
    disruptionBudget(set.instance, set.name, replicaSetSelector(set)),
  ];
}

/** By which the members of a replica set, or of all shards, are found. */
export function membersService(set: ReplicaSet): Manifest {
  return headlessService(set.instance, set.service, roleSelector(set));
}

export function serviceAccount(instance: InstanceIdentity): Typed<V1ServiceAccount> {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadataOf(instance, serviceAccountName, instanceLabels(instance)),
    automountServiceAccountToken: false,
  };
}

export function secretManifests(instance: InstanceIdentity, secrets: InstanceSecrets): Typed<V1Secret>[] {
  const { keyFile, authority, certificateKey } = mountedFiles;
  return [
    secret(instance, keyFileSecretName, { [keyFile]: keyFileText(secrets) }),
    secret(instance, tlsSecretName, {
      [authority]: trustedAuthorities(secrets),
      [certificateKey]: certificateKeyOf(secrets),
    }),
    secret(instance, adminSecretName, { username: adminUser, password: secrets.adminPassword }),
  ];
}

function secret(instance: InstanceIdentity, name: string, data: Readonly<Record<string, string>>): Typed<V1Secret> {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadataOf(instance, name, instanceLabels(instance)),
    type: 'Opaque',
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
  };
}

export function headlessService(
  instance: InstanceIdentity,
  name: string,
  selector: Record<string, string>,
): Typed<V1Service> {
  return {
    ...serviceKind,
    metadata: metadataOf(instance, name, { ...instanceLabels(instance), ...selector }),
    spec: {
      clusterIP: 'None',
      // Members have to find each other before any of them can be ready.
      publishNotReadyAddresses: true,
      selector,
      ports: [{ name: 'mongodb', port: mongodbPort, targetPort: 'mongodb', protocol: 'TCP' }],
    },
  };
}

export function configMap(
  instance: InstanceIdentity,
  name: string,
  labels: Record<string, string>,
  configuration: string,
): Typed<V1ConfigMap> {
  return {
    ...configMapKind,
    metadata: metadataOf(instance, name, labels),
    data: { [mountedFiles.configuration]: configuration },
  };
}

/** One at a time may be evicted; of one that is alone, that one. */
export function disruptionBudget(
  instance: InstanceIdentity,
  name: string,
  selector: Record<string, string>,
): Typed<V1PodDisruptionBudget> {
  return {
    ...disruptionBudgetKind,
    metadata: metadataOf(instance, name, { ...instanceLabels(instance), ...selector }),
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: selector },
    },
  };
}
