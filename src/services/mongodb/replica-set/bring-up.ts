import type { V1PersistentVolumeClaim, V1Pod } from '@kubernetes/client-node';
import type { Db } from 'mongodb';
import type { Cluster } from '../../../kubernetes/cluster.js';
import { OperatorError } from '../../../operations/errors.js';
import { done, type Stage, type Step, wait } from '../../../operations/step.js';
import { claimKind, podKind } from '../kinds.js';
import {
  hello,
  initiate,
  readConfig,
  readDefaultConcerns,
  readStatus,
  reconfigure,
  setDefaultConcerns,
} from '../members/commands.js';
import { NotServing } from '../members/connections.js';
import type { Members } from '../members/members.js';
import { describeMembers, describeTrouble, isComplete, isRunning, type Observed } from '../members/pod-states.js';
import { hasCodeName, isForeignMember, isPassing } from '../members/server-errors.js';
import { podName } from '../names.js';
import { poll } from '../poll.js';
import type { InstanceSecrets } from '../secrets.js';
import { ensureAdministrator } from '../users.js';
import {
  describeMissing,
  initialConfig,
  isSettled,
  nextMissing,
  type OutsideHosts,
  settled,
  withMember,
} from './configuration.js';
import { patient } from './patience.js';
import { memberPods, type ReplicaSet, replicaSetSelector } from './replica-set.js';
import { writeWithMajority } from './verification.js';

export interface BringUp {
  readonly cluster: Cluster;
  readonly set: ReplicaSet;
  readonly members: Members;
  readonly secrets: InstanceSecrets;
  /** How apps outside of the cluster know the members; left out where they do not. */
  readonly outside?: (signal: AbortSignal) => Promise<OutsideHosts>;
}

/** From applied objects to a replica set whose members all vote. */
export function bringUp(parts: BringUp): readonly Stage[] {
  const { role } = parts.set;
  const stages = [
    [startFirstMember(parts)],
    [initiateFirstMember(parts)],
    // Of a sharded cluster, the config servers keep the defaults and, made through a router, the users.
    role === 'shardsvr' ? [] : [setDefaults(parts)],
    [...(role === 'replica-set' ? [createAdministrator(parts)] : []), addMembers(parts)],
    [awaitVotes(parts)],
    [restoreHeartbeat(parts), verifyWrite(parts)],
  ];
  const explain = async (signal: AbortSignal) =>
    describeTrouble(memberPods(parts.set), await observe(parts.cluster, parts.set, signal));
  return stages.map((stage) => stage.map((step) => patient(step, explain)));
}

function startFirstMember({ cluster, set }: BringUp): Step {
  return {
    key: `${set.name}-start`,
    description: 'starting the members',
    async run({ signal }) {
      const observed = await observe(cluster, set, signal);
      const first = observed.pods.find(({ metadata }) => metadata?.name === podName(set.name, 0));
      return isRunning(first) ? done : wait(describe(set, observed));
    },
  };
}

function initiateFirstMember({ set, members, outside }: BringUp): Step {
  return {
    key: `${set.name}-initiate`,
    description: 'initiating the replica set',
    async run({ signal }) {
      const hosts = await outside?.(signal);
      let trouble: NotServing | undefined;
      const isInitiated = await poll(signal, async () => {
        try {
          return (await members.asSystemOn(0, (admin) => initiateOnce(admin, set, hosts, signal))) || undefined;
        } catch (error) {
          // Kubernetes tells that it runs before it listens.
          if (!(error instanceof NotServing)) throw error;
          trouble = error;
          return undefined;
        }
      });
      if (!isInitiated && trouble) throw trouble;
      return isInitiated ? done : wait('waiting for the replica set to elect a primary');
    },
  };
}

/** Whether the set has a primary now. */
async function initiateOnce(
  admin: Db,
  set: ReplicaSet,
  outside: OutsideHosts | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const { setName, primary } = await hello(admin, signal);
  if (setName !== undefined) {
    if (setName === set.name) return primary !== undefined;
    throw new OperatorError(`a member belongs to another replica set, ${setName}`);
  }
  try {
    await initiate(admin, initialConfig(set, outside), signal);
  } catch (error) {
    if (!isPassing(error) && !hasCodeName(error, 'AlreadyInitialized')) throw error;
  }
  return false;
}

/**
 * Explicitly, so that no later change of the members changes what `w` means to apps; and before there are others,
 * because MongoDB refuses to reconfigure meanwhile.
 */
function setDefaults({ set, members }: BringUp): Step {
  return {
    key: `${set.name}-defaults`,
    description: 'setting the default write concern',
    async run({ signal }) {
      await members.asSystemOnPrimary(signal, async (admin) => {
        const { write } = await readDefaultConcerns(admin, signal);
        if (write === undefined) await setDefaultConcerns(admin, { write: 'majority' }, signal);
      });
      return done;
    },
  };
}

function createAdministrator({ set, members, secrets }: BringUp): Step {
  return {
    key: `${set.name}-administrator`,
    description: 'creating the administrator',
    async run({ signal }) {
      await members.asSystemOnPrimary(signal, (admin) => ensureAdministrator(admin, secrets, signal));
      return done;
    },
  };
}

function addMembers({ cluster, set, members, outside }: BringUp): Step {
  return {
    key: `${set.name}-members`,
    description: 'adding the members',
    async run({ signal }) {
      const observed = await observe(cluster, set, signal);
      const addressless = observed.pods.filter(({ status }) => status?.podIP === undefined);
      if (observed.pods.length < set.members || addressless.length > 0) return wait(describe(set, observed));
      const hosts = await outside?.(signal);
      const areAdded = await members.asSystemOnPrimary(signal, (admin) =>
        poll(signal, async () => (await addOnce(admin, set, hosts, signal)) || undefined),
      );
      return areAdded ? done : wait(describe(set, observed));
    },
  };
}

/** Whether the configuration has all members now. */
async function addOnce(
  admin: Db,
  set: ReplicaSet,
  outside: OutsideHosts | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    for (;;) {
      const config = await readConfig(admin, signal);
      const ordinal = nextMissing(set, config);
      if (ordinal === undefined) return true;
      await reconfigure(admin, withMember(set, config, ordinal, outside), signal);
    }
  } catch (error) {
    if (isForeignMember(error)) {
      throw new OperatorError('a member belongs to another replica set', undefined, { cause: error });
    }
    if (isPassing(error)) return false;
    throw error;
  }
}

function awaitVotes({ cluster, set, members }: BringUp): Step {
  return {
    key: `${set.name}-votes`,
    description: 'waiting for the members to vote',
    async run({ signal }) {
      let missing: string | undefined;
      const haveVotes = await members.asAdminOnPrimary(signal, (admin) =>
        poll(signal, async () => {
          missing = describeMissing(set, await readStatus(admin, signal));
          return missing === undefined || undefined;
        }),
      );
      if (!haveVotes) return wait(missing ?? 'waiting for the members to vote');
      const observed = await observe(cluster, set, signal);
      return observed.pods.every(isComplete) ? done : wait(describe(set, observed));
    },
  };
}

// The primary would see a majority install this configuration only after a heartbeat of the new interval; that they
// ask for it at the old one is enough.
const installMilliseconds = 60;

function restoreHeartbeat({ set, members }: BringUp): Step {
  return {
    key: `${set.name}-heartbeat`,
    description: 'verifying the replica set',
    async run({ signal }) {
      const isRestored = await members.asAdminOnPrimary(signal, (admin) =>
        poll(signal, async () => {
          const config = await readConfig(admin, signal);
          if (isSettled(config)) return true;
          try {
            await reconfigure(admin, settled(config), signal, installMilliseconds);
          } catch (error) {
            if (!isPassing(error) && !hasCodeName(error, 'MaxTimeMSExpired')) throw error;
          }
          return undefined;
        }),
      );
      return isRestored ? done : wait('waiting for the replica set to take its configuration');
    },
  };
}

function verifyWrite({ set, members }: BringUp): Step {
  return {
    key: `${set.name}-verify`,
    description: 'verifying the replica set',
    async run({ signal }) {
      await members.asAdminOnPrimary(signal, (admin) => writeWithMajority(admin, signal));
      return done;
    },
  };
}

async function observe(cluster: Cluster, set: ReplicaSet, signal: AbortSignal): Promise<Observed> {
  const where = { namespace: set.instance.namespace, labels: replicaSetSelector(set) };
  const [pods, claims] = await Promise.all([
    cluster.list<V1Pod>(podKind, where, signal),
    cluster.list<V1PersistentVolumeClaim>(claimKind, where, signal),
  ]);
  return { pods, claims };
}

function describe(set: ReplicaSet, observed: Observed): string {
  return describeMembers(memberPods(set), observed);
}
