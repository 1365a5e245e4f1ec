import type { JsonObject } from '../../service.js';
import { mongodbPort, podName, serviceDomain } from '../names.js';
import { componentSelector, type InstanceIdentity, memberHosts, type ReplicaSet } from '../replica-set/replica-set.js';
import type { Outside, ServerPlan, ShardedClusterTemplate } from '../template.js';
import { sizeOf } from './size.js';

/** Config servers and shards, each a replica set, behind routers. */
export interface ShardedCluster {
  readonly topology: 'sharded-cluster';
  readonly instance: InstanceIdentity;
  readonly configServers: ReplicaSet;
  readonly shards: readonly ReplicaSet[];
  readonly routers: { readonly count: number; readonly plan: ServerPlan };
  readonly outside?: Outside | undefined;
}

export const configServersName = 'cfg';
export const shardService = 'shard';
/** Of the routers' StatefulSet, their Service and what else is theirs. */
export const routersName = 'router';

const shardName = (index: number) => `${shardService}${index}`;

export function shardedClusterOf(
  instance: InstanceIdentity,
  { topology, configServers, routers, outside, ...template }: ShardedClusterTemplate,
  parameters: JsonObject,
): ShardedCluster {
  const size = sizeOf({ ...template, routers }, parameters);
  return {
    topology,
    instance,
    configServers: {
      instance,
      name: configServersName,
      service: configServersName,
      role: 'configsvr',
      members: configServers.members,
      plan: { ...template, ...configServers },
    },
    shards: Array.from({ length: size.shards }, (_, index) => ({
      instance,
      name: shardName(index),
      service: shardService,
      role: 'shardsvr',
      members: size.members,
      plan: template,
    })),
    routers: { count: size.routers, plan: { ...template, ...routers } },
    outside,
  };
}

/** All shards are alike, also those that the cluster is not to have any more. */
export function shardNamed({ shards: [like] }: ShardedCluster, name: string): ReplicaSet {
  if (!like) throw new Error('a sharded cluster has at least one shard');
  return { ...like, name };
}

/** `shard3` is 3; `undefined` for what is no shard's name. */
export function shardIndexOf(name: string): number | undefined {
  const [, index] = /^shard(\d+)$/.exec(name) ?? [];
  return index === undefined ? undefined : Number(index);
}

/** Whether the cluster is not to have a shard of that name any more. Pure. */
export function isSurplus({ shards }: Pick<ShardedCluster, 'shards'>, name: string): boolean {
  return (shardIndexOf(name) ?? -1) >= shards.length;
}

/** `shard0/host:port,host:port`, as addShard and mongos.conf name a replica set. */
export function seedsOf(set: ReplicaSet): string {
  return `${set.name}/${memberHosts(set).join(',')}`;
}

export function routerHost({ namespace, clusterDomain }: InstanceIdentity, ordinal: number): string {
  return `${podName(routersName, ordinal)}.${serviceDomain(namespace, routersName, clusterDomain)}:${mongodbPort}`;
}

export function routerHosts({ instance, routers }: ShardedCluster): readonly string[] {
  return Array.from({ length: routers.count }, (_, ordinal) => routerHost(instance, ordinal));
}

export function routerPods({ routers }: Pick<ShardedCluster, 'routers'>): readonly string[] {
  return Array.from({ length: routers.count }, (_, ordinal) => podName(routersName, ordinal));
}

export function routerSelector(instance: InstanceIdentity): Record<string, string> {
  return componentSelector(instance, 'mongos');
}
