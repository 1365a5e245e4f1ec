import type { V1StatefulSet } from '@kubernetes/client-node';
import type { Manifest } from '../../../kubernetes/cluster.js';
import { statefulSetKind } from '../kinds.js';
import {
  configMap,
  disruptionBudget,
  headlessService,
  membersService,
  replicaSetManifests,
  type Typed,
} from '../replica-set/manifests.js';
import { mongosConfiguration } from '../replica-set/mongod-configuration.js';
import { metadataOf, type ReplicaSet } from '../replica-set/replica-set.js';
import { type SecurityContext, type Server, serverLabels, serverPod } from '../replica-set/server-pod.js';
import { routerSelector, routersName, type ShardedCluster, seedsOf } from './sharded-cluster.js';

/** What the pods of a sharded cluster need before they start. */
export function shardedClusterManifests(cluster: ShardedCluster): readonly Manifest[] {
  const { instance, configServers, shards } = cluster;
  const { configuration, selector } = routerServer(cluster);
  return [
    ...[configServers, ...shards.slice(0, 1)].map(membersService),
    ...setsOf(cluster).flatMap(replicaSetManifests),
    headlessService(instance, routersName, selector),
    configMap(instance, routersName, serverLabels(routerServer(cluster)), configuration.text),
    disruptionBudget(instance, routersName, selector),
  ];
}

/** Every replica set of the cluster. */
export function setsOf({ configServers, shards }: ShardedCluster): readonly ReplicaSet[] {
  return [configServers, ...shards];
}

/** A StatefulSet, because apps connect to each router by its own name: cursors and transactions stay with one. */
export function routersStatefulSet(cluster: ShardedCluster, security: SecurityContext): Typed<V1StatefulSet> {
  const server = routerServer(cluster);
  return {
    ...statefulSetKind,
    metadata: metadataOf(cluster.instance, routersName, serverLabels(server)),
    spec: {
      serviceName: routersName,
      replicas: cluster.routers.count,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
      selector: { matchLabels: server.selector },
      template: serverPod(server, security),
    },
  };
}

function routerServer({ instance, configServers, routers }: ShardedCluster): Server {
  return {
    instance,
    program: 'mongos',
    configuration: { name: routersName, text: mongosConfiguration(seedsOf(configServers)) },
    selector: routerSelector(instance),
    plan: routers.plan,
    mounts: [],
  };
}
