import type { KubernetesObject } from '@kubernetes/client-node';
import type { Cluster } from '../../../kubernetes/cluster.js';
import { done, type Stage, type Step, wait } from '../../../operations/step.js';
import type { JsonObject } from '../../service.js';
import { claimKind, configMapKind, disruptionBudgetKind, podKind, statefulSetKind } from '../kinds.js';
import type { Members } from '../members/members.js';
import { patient } from '../replica-set/patience.js';
import { type ReplicaSet, replicaSetLabel, replicaSetSelector, roleSelector } from '../replica-set/replica-set.js';
import { removeMembers, removePods } from '../replica-set/shrink.js';
import { settingsOf } from '../settings.js';
import { listShards } from './commands.js';
import { drainShards } from './drain.js';
import type { Routers } from './routers.js';
import { isSurplus, type ShardedCluster, shardNamed } from './sharded-cluster.js';

export interface Resize {
  readonly cluster: Cluster;
  readonly sharded: ShardedCluster;
  readonly routers: Routers;
  readonly membersOf: (set: ReplicaSet) => Members;
  readonly parameters: JsonObject;
}

/** Takes away what a sharded cluster is not to have any more, when all that it is to have is there. */
export function resize(parts: Resize): readonly Stage[] {
  const { cluster, sharded, routers, membersOf, parameters } = parts;
  const shrinks = sharded.shards.map((set) => ({ cluster, set, members: membersOf(set) }));
  const drain = drainShards({
    sharded,
    routers,
    mayPauseWrites: parameters.allow_write_pause === true,
    isReadOnly: settingsOf(parameters).read_only,
    onShard: (name, signal, work) => membersOf(shardNamed(sharded, name)).asAdminOnPrimary(signal, work),
  });
  return [[patient(drain)], [patient(removeShards(parts))], shrinks.map(removeMembers), shrinks.map(removePods)];
}

const kindsOfShard = [statefulSetKind, disruptionBudgetKind, configMapKind];

/** Removes the objects of shards that the cluster has let go, or that never came to be part of it. */
function removeShards({ cluster, sharded, routers }: Resize): Step {
  const { instance } = sharded;
  const { namespace } = instance;
  return {
    key: 'shards-remove',
    description: 'removing the shards that are drained',
    async run({ signal }) {
      const known = new Set(
        (await routers.asAdmin(signal, (admin) => listShards(admin, signal))).map(({ _id }) => _id),
      );
      const where = { namespace, labels: roleSelector({ instance, role: 'shardsvr' }) };
      const objects = await Promise.all(
        [...kindsOfShard, podKind, claimKind].map((kind) => cluster.list(kind, where, signal)),
      );
      const surplus = [...new Set(objects.flat().flatMap(shardOf))].filter(
        (name) => isSurplus(sharded, name) && !known.has(name),
      );
      for (const name of surplus) await removeShard(cluster, shardNamed(sharded, name), signal);
      return surplus.length > 0 ? wait(`waiting for ${surplus.join(', ')} to stop`) : done;
    },
  };
}

const shardOf = ({ metadata }: KubernetesObject): readonly string[] => {
  const name = metadata?.labels?.[replicaSetLabel];
  return name === undefined ? [] : [name];
};

/** Members end with almost no grace, because nothing of theirs is needed any more. */
async function removeShard(cluster: Cluster, set: ReplicaSet, signal: AbortSignal): Promise<void> {
  const { namespace } = set.instance;
  for (const kind of kindsOfShard) await cluster.remove(kind, { namespace, name: set.name }, signal);
  const where = { namespace, labels: replicaSetSelector(set) };
  await cluster.removeAll(podKind, where, signal, { gracePeriodSeconds: 1 });
  await cluster.removeAll(claimKind, where, signal);
}
