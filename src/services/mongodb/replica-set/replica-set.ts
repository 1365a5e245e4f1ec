import { createHash } from 'node:crypto';
import {
  brokerLabel,
  instanceIdAnnotation,
  instanceLabel,
  managedBy,
  managedByLabel,
  platformAnnotation,
} from '../../../kubernetes/labels.js';
import type { UnopenedInstance } from '../../service.js';
import { mongodbPort, namespaceOf, podName, serviceDomain } from '../names.js';
import type { MemberPlan } from '../template.js';

export const replicaSetLabel = 'holdfast.dev/replica-set';
export const configHashAnnotation = 'holdfast.dev/config-hash';

/** https://www.mongodb.com/docs/manual/reference/configuration-options/#sharding-options */
export type Role = 'replica-set' | 'configsvr' | 'shardsvr';

const components: Readonly<Record<Role, string>> = {
  'replica-set': 'mongod',
  configsvr: 'configsvr',
  shardsvr: 'shard',
};

/** One replica set of an instance. Its StatefulSet has its name. */
export interface ReplicaSet {
  readonly instance: InstanceIdentity;
  readonly name: string;
  /** The headless Service by which its members are found; the shards of a cluster share one. */
  readonly service: string;
  readonly role: Role;
  readonly members: number;
  readonly plan: MemberPlan;
}

/** What every object of an instance tells of it. */
export interface InstanceIdentity {
  readonly id: string;
  readonly namespace: string;
  readonly brokerId: string;
  readonly clusterDomain: string;
  readonly owner: UnopenedInstance<never>['owner'];
}

export interface Place {
  readonly brokerId: string;
  readonly clusterDomain: string;
}

export function identityOf(
  { id, owner }: Pick<UnopenedInstance<unknown>, 'id' | 'owner'>,
  { brokerId, clusterDomain }: Place,
): InstanceIdentity {
  return { id, owner, brokerId, clusterDomain, namespace: namespaceOf(id) };
}

/** `rs0-0.rs0.m-….svc.cluster.local:27017`, as the members and the clients know a member. */
export function memberHost(
  { instance, name, service }: Pick<ReplicaSet, 'instance' | 'name' | 'service'>,
  ordinal: number,
): string {
  const domain = serviceDomain(instance.namespace, service, instance.clusterDomain);
  return `${podName(name, ordinal)}.${domain}:${mongodbPort}`;
}

export function memberHosts(set: Pick<ReplicaSet, 'instance' | 'name' | 'service' | 'members'>): readonly string[] {
  return ordinals(set).map((ordinal) => memberHost(set, ordinal));
}

export function memberPods(set: Pick<ReplicaSet, 'name' | 'members'>): readonly string[] {
  return ordinals(set).map((ordinal) => podName(set.name, ordinal));
}

/** The ordinal in a member's host, or in its pod's name: also of members that the set is to lose. */
export function ordinalOf({ name }: Pick<ReplicaSet, 'name'>, host: string): number | undefined {
  const [pod = ''] = host.split('.');
  const ordinal = pod.startsWith(`${name}-`) ? pod.slice(name.length + 1) : '';
  return /^\d+$/.test(ordinal) ? Number(ordinal) : undefined;
}

export function ordinals({ members }: Pick<ReplicaSet, 'members'>): readonly number[] {
  return Array.from({ length: members }, (_, ordinal) => ordinal);
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export function instanceLabels(instance: InstanceIdentity): Record<string, string> {
  return {
    ...instanceSelector(instance),
    'app.kubernetes.io/name': 'mongodb',
    'app.kubernetes.io/part-of': 'holdfast',
    [managedByLabel]: managedBy,
    [brokerLabel]: instance.brokerId,
    [instanceLabel]: instance.id,
  };
}

export function instanceAnnotations({ owner }: InstanceIdentity): Record<string, string> {
  return { [platformAnnotation]: owner.platform, [instanceIdAnnotation]: owner.instanceId };
}

export function instanceSelector({ namespace }: InstanceIdentity): Record<string, string> {
  return { 'app.kubernetes.io/instance': namespace };
}

export function replicaSetLabels(set: ReplicaSet): Record<string, string> {
  return { ...instanceLabels(set.instance), ...replicaSetSelector(set) };
}

/** Never changes: a StatefulSet's selector is immutable. */
export function replicaSetSelector({ instance, name, role }: ReplicaSet): Record<string, string> {
  return { ...componentSelector(instance, components[role]), [replicaSetLabel]: name };
}

/** What is the same in all members of one role. */
export function roleSelector({ instance, role }: Pick<ReplicaSet, 'instance' | 'role'>): Record<string, string> {
  return componentSelector(instance, components[role]);
}

export function componentSelector(instance: InstanceIdentity, component: string): Record<string, string> {
  return { ...instanceSelector(instance), 'app.kubernetes.io/component': component };
}

export function metadataOf(instance: InstanceIdentity, name: string, labels: Record<string, string>) {
  return { name, namespace: instance.namespace, labels, annotations: instanceAnnotations(instance) };
}

export const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
