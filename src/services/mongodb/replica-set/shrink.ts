import type { KubernetesObject, V1Pod } from '@kubernetes/client-node';
import type { Db } from 'mongodb';
import type { Cluster } from '../../../kubernetes/cluster.js';
import { done, type Step, wait } from '../../../operations/step.js';
import { claimKind, podKind } from '../kinds.js';
import { change, hello, readConfig, reconfigure } from '../members/commands.js';
import type { Members } from '../members/members.js';
import { isPassing } from '../members/server-errors.js';
import { podName } from '../names.js';
import { poll } from '../poll.js';
import { surplusMember, withoutMember } from './configuration.js';
import { patient } from './patience.js';
import { memberHost, ordinalOf, type ReplicaSet, replicaSetSelector } from './replica-set.js';
import { securityOf } from './server-pod.js';
import { statefulSet } from './stateful-set.js';

export interface Shrink {
  readonly cluster: Cluster;
  readonly set: ReplicaSet;
  readonly members: Members;
}

/** Takes the members that a replica set is not to have any more out of it, one by one, the last one first. */
export function removeMembers({ set, members }: Shrink): Step {
  return patient({
    key: `${set.name}-remove-members`,
    description: 'removing members',
    async run({ signal }) {
      const areRemoved = await members.asAdminOnPrimary(signal, (admin) =>
        poll(signal, async () => (await removeOnce(admin, set, signal)) || undefined),
      );
      return areRemoved ? done : wait(`waiting for ${set.name} to let members go`);
    },
  });
}

/** Whether the configuration has no more members than are wanted. A primary that is to go steps down first. */
async function removeOnce(admin: Db, set: ReplicaSet, signal: AbortSignal): Promise<boolean> {
  try {
    for (;;) {
      const config = await readConfig(admin, signal);
      const surplus = surplusMember(set, config);
      if (surplus === undefined) return true;
      const { me } = await hello(admin, signal);
      if (me === memberHost(set, surplus)) {
        await change(admin, { replSetStepDown: 15, secondaryCatchUpPeriodSecs: 10 }, signal);
        return false;
      }
      await reconfigure(admin, withoutMember(set, config, surplus), signal);
    }
  } catch (error) {
    if (isPassing(error)) return false;
    throw error;
  }
}

/** Ends the pods of members that the set does not have any more, and removes their volumes. */
export function removePods({ cluster, set }: Shrink): Step {
  const { namespace } = set.instance;
  return {
    key: `${set.name}-remove-pods`,
    description: 'removing members',
    async run({ signal }) {
      await cluster.apply(statefulSet(set, await securityOf(cluster, signal)), signal);
      const where = { namespace, labels: replicaSetSelector(set) };
      const [pods, claims] = await Promise.all([
        cluster.list<V1Pod>(podKind, where, signal),
        cluster.list(claimKind, where, signal),
      ]);
      const ending = pods.filter((pod) => isSurplus(set, pod, ''));
      const unused = claims.filter((claim) => isSurplus(set, claim, 'data-'));
      await Promise.all(
        unused.map(({ metadata }) => cluster.remove(claimKind, { namespace, name: metadata?.name ?? '' }, signal)),
      );
      if (ending.length > 0) return wait(`waiting for members to stop: ${ending.length} left`);
      return unused.length > 0 ? wait(`waiting for volume claims to end: ${unused.length} left`) : done;
    },
  };
}

function isSurplus(set: ReplicaSet, { metadata }: KubernetesObject, prefix: string): boolean {
  const name = metadata?.name ?? '';
  const ordinal = name.startsWith(prefix) ? ordinalOf(set, name.slice(prefix.length)) : undefined;
  return ordinal !== undefined && name === `${prefix}${podName(set.name, ordinal)}` && ordinal >= set.members;
}
