import type { V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../../../kubernetes/cluster.js';
import { done, type Step, type StepOutcome, wait } from '../../../operations/step.js';
import { podKind } from '../kinds.js';
import { change, readStatus } from '../members/commands.js';
import { NotServing } from '../members/connections.js';
import { type Members, memberAddress } from '../members/members.js';
import { describeMembers, isComplete } from '../members/pod-states.js';
import type { MemberAddress } from '../members/routes.js';
import { isPassing } from '../members/server-errors.js';
import { podName } from '../names.js';
import { poll } from '../poll.js';
import { patient } from './patience.js';
import { memberPods, ordinalOf, ordinals, type ReplicaSet, replicaSetSelector } from './replica-set.js';

/** Which servers are to start anew. */
export interface Restart {
  /** The first part of the steps' keys. */
  readonly name: string;
  /** @throws NotServing while the server cannot be asked */
  readonly isDue: (server: MemberAddress, signal: AbortSignal) => Promise<boolean>;
}

interface Parts {
  readonly cluster: Cluster;
  readonly set: ReplicaSet;
  readonly members: Members;
}

/** One member after the other, each when all are well; the primary is the last one, and steps down before. */
export function restartMembers(parts: Parts, restart: Restart): Step {
  const { cluster, set } = parts;
  const { namespace } = set.instance;
  return patient({
    key: `${restart.name}-${set.name}`,
    description: 'restarting the members one by one',
    async run({ signal }) {
      const pods = await cluster.list<V1Pod>(podKind, { namespace, labels: replicaSetSelector(set) }, signal);
      const areThere = pods.length === set.members && pods.every((pod) => isComplete(pod) && !isEnding(pod));
      if (!areThere) return wait(describeMembers(memberPods(set), { pods, claims: [] }));
      const outcome = await poll(signal, () => restartNext(parts, restart, signal));
      return outcome ?? wait('waiting for the members to be well');
    },
  });
}

/** `undefined` while members, or an election, are waited for. */
async function restartNext(
  { cluster, set, members }: Parts,
  { isDue }: Restart,
  signal: AbortSignal,
): Promise<StepOutcome | undefined> {
  try {
    const { members: states } = await members.asAdminOnPrimary(signal, (admin) => readStatus(admin, signal));
    const next = nextToRestart(set, states, await dueOf(set, isDue, signal));
    switch (next.kind) {
      case 'none':
        return done;
      case 'unwell':
        return undefined;
      case 'primary':
        await stepDown(members, signal);
        return undefined;
      case 'member': {
        const name = podName(set.name, next.ordinal);
        await cluster.remove(podKind, { namespace: set.instance.namespace, name }, signal);
        return wait(`restarting ${name}`);
      }
    }
  } catch (error) {
    if (error instanceof NotServing) return undefined;
    throw error;
  }
}

const isEnding = ({ metadata }: V1Pod): boolean => metadata?.deletionTimestamp !== undefined;

async function dueOf(set: ReplicaSet, isDue: Restart['isDue'], signal: AbortSignal): Promise<readonly number[]> {
  const asked = ordinals(set).map(async (ordinal) => ({
    ordinal,
    due: await isDue(memberAddress(set, ordinal), signal),
  }));
  return (await Promise.all(asked)).filter(({ due }) => due).map(({ ordinal }) => ordinal);
}

export type Next =
  | { readonly kind: 'none' }
  /** A member that is well could be the one too many. */
  | { readonly kind: 'unwell'; readonly member: string }
  /** It is to step down before. */
  | { readonly kind: 'primary' }
  | { readonly kind: 'member'; readonly ordinal: number };

/** @param due ordinals of those that are to restart */
export function nextToRestart(
  set: Pick<ReplicaSet, 'name' | 'members'>,
  states: readonly { readonly name: string; readonly stateStr: string }[],
  due: readonly number[],
): Next {
  if (due.length === 0) return { kind: 'none' };
  const unwell = states.find(({ stateStr }) => stateStr !== 'PRIMARY' && stateStr !== 'SECONDARY');
  if (unwell) return { kind: 'unwell', member: unwell.name };
  const primary = states.find(({ stateStr }) => stateStr === 'PRIMARY');
  const primaryOrdinal = primary && ordinalOf(set, primary.name);
  const [ordinal] = due.filter((each) => each !== primaryOrdinal);
  if (ordinal !== undefined) return { kind: 'member', ordinal };
  return set.members > 1 ? { kind: 'primary' } : { kind: 'member', ordinal: due[0] ?? 0 };
}

async function stepDown(members: Members, signal: AbortSignal): Promise<void> {
  try {
    await members.asAdminOnPrimary(signal, (admin) =>
      change(admin, { replSetStepDown: 60, secondaryCatchUpPeriodSecs: 10 }, signal),
    );
  } catch (error) {
    if (!isPassing(error)) throw error;
  }
}
