import type { JsonObject, UnopenedInstance } from '../service.js';
import {
  type InstanceIdentity,
  identityOf,
  instanceSelector,
  memberHosts,
  memberPods,
  type Place,
  type ReplicaSet,
} from './replica-set/replica-set.js';
import {
  configServersName,
  routerHosts,
  routerPods,
  routerSelector,
  routersName,
  type ShardedCluster,
  shardedClusterOf,
  shardService,
} from './sharded-cluster/sharded-cluster.js';
import type { Outside, ReplicaSetTemplate, Template } from './template.js';

/** What an instance consists of. */
export type Shape = SingleReplicaSet | ShardedCluster;

export interface SingleReplicaSet {
  readonly topology: 'replica-set';
  readonly instance: InstanceIdentity;
  readonly set: ReplicaSet;
  readonly outside?: Outside | undefined;
}

type Described = UnopenedInstance<Template> & { readonly parameters: JsonObject };

export function shapeOf({ template, parameters, ...instance }: Described, place: Place): Shape {
  const identity = identityOf(instance, place);
  switch (template.topology) {
    case 'replica-set':
      return singleReplicaSetOf(identity, template);
    case 'sharded-cluster':
      return shardedClusterOf(identity, template, parameters);
  }
}

const replicaSetName = 'rs0';

export function singleReplicaSetOf(
  instance: InstanceIdentity,
  { topology, members, outside, ...plan }: ReplicaSetTemplate,
): SingleReplicaSet {
  const set: ReplicaSet = { instance, name: replicaSetName, service: replicaSetName, role: topology, members, plan };
  return { topology, instance, set, outside };
}

/** `host:port` of each server that apps connect to. */
export function hostsOf(shape: Shape): readonly string[] {
  return shape.topology === 'sharded-cluster' ? routerHosts(shape) : memberHosts(shape.set);
}

/** The pods that apps connect to. */
export function entrancePods(shape: Shape): readonly string[] {
  return shape.topology === 'sharded-cluster' ? routerPods(shape) : memberPods(shape.set);
}

/** The labels of the pods that apps connect to. */
export function entranceOf(shape: Shape): Readonly<Record<string, string>> {
  return shape.topology === 'sharded-cluster' ? routerSelector(shape.instance) : instanceSelector(shape.instance);
}

/** The headless Services of instances of a topology: what their certificates name. */
export const servicesOf: Readonly<Record<Template['topology'], readonly string[]>> = {
  'replica-set': [replicaSetName],
  'sharded-cluster': [configServersName, shardService, routersName],
};
