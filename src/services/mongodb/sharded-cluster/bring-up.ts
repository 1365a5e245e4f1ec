import { done, type Stage, type Step, wait } from '../../../operations/step.js';
import { describeMembers, describeTrouble, isRunning } from '../members/pod-states.js';
import { hasCodeName, isPassing } from '../members/server-errors.js';
import { podName } from '../names.js';
import { patient } from '../replica-set/patience.js';
import { memberHost, ordinals } from '../replica-set/replica-set.js';
import type { InstanceSecrets } from '../secrets.js';
import { ensureAdministrator } from '../users.js';
import { addShard, isBalancing, listShards, type Shard, startBalancer } from './commands.js';
import type { Routers } from './routers.js';
import { type ShardedCluster, seedsOf } from './sharded-cluster.js';
import { writeToEveryShard } from './verification.js';

export interface ShardedBringUp {
  readonly sharded: ShardedCluster;
  readonly routers: Routers;
  readonly secrets: InstanceSecrets;
}

/** From replica sets of config servers and of shards to a sharded cluster of them, with an administrator. */
export function joinShards(parts: ShardedBringUp): readonly Stage[] {
  const { routers } = parts;
  const explain = async (signal: AbortSignal) =>
    describeTrouble(routers.names, await routers.observe(signal), 'routers');
  const stages = [
    [startRouters(parts)],
    [createAdministrator(parts)],
    [addShards(parts)],
    [letBalance(parts)],
    [verifyWrites(parts)],
  ];
  return stages.map((stage) => stage.map((step) => patient(step, explain)));
}

/** Routers serve once the config servers do. */
function startRouters({ sharded, routers }: ShardedBringUp): Step {
  return {
    key: 'routers-start',
    description: 'starting the routers',
    async run({ signal }) {
      const observed = await routers.observe(signal);
      const running = observed.pods.filter(isRunning);
      if (running.length < sharded.routers.count) {
        return wait(describeMembers(routers.names, observed, 'routers'));
      }
      await Promise.all(
        routers.names.map((_, ordinal) => routers.asSystemOn(ordinal, (admin) => admin.command({ ping: 1 }))),
      );
      return done;
    },
  };
}

function createAdministrator({ routers, secrets }: ShardedBringUp): Step {
  return {
    key: 'administrator',
    description: 'creating the administrator',
    async run({ signal }) {
      await routers.asSystem((admin) => ensureAdministrator(admin, secrets, signal));
      await routers.forgetUsers(signal);
      return done;
    },
  };
}

function addShards({ sharded, routers }: ShardedBringUp): Step {
  return {
    key: 'shards-add',
    description: 'adding the shards',
    async run({ signal }) {
      return await routers.asAdmin(signal, async (admin) => {
        const known = new Set((await listShards(admin, signal)).map(({ _id }) => _id));
        for (const shard of sharded.shards.filter(({ name }) => !known.has(name))) {
          try {
            await addShard(admin, shard.name, seedsOf(shard), signal);
          } catch (error) {
            if (!isPassing(error) && !hasCodeName(error, 'FailedToSatisfyReadPreference')) throw error;
            return wait(`waiting for ${shard.name} to be added: ${error.message}`);
          }
        }
        // Members that came later are told to the config servers by the routers, which look every ten seconds.
        const unknown = unknownMembers(sharded, await listShards(admin, signal));
        return unknown.length === 0 ? done : wait(`waiting for the routers to know ${unknown.join(', ')}`);
      });
    },
  };
}

/** The pods of members that the cluster does not know of: were one of them the primary, the shard would be lost to it. */
export function unknownMembers({ shards }: Pick<ShardedCluster, 'shards'>, known: readonly Shard[]): readonly string[] {
  const hosts = new Set(known.flatMap(({ host }) => host.replace(/^[^/]*\//, '').split(',')));
  return shards.flatMap((shard) =>
    ordinals(shard)
      .filter((ordinal) => !hosts.has(memberHost(shard, ordinal)))
      .map((ordinal) => podName(shard.name, ordinal)),
  );
}

function letBalance({ routers }: ShardedBringUp): Step {
  return {
    key: 'balancer',
    description: 'starting the balancer',
    async run({ signal }) {
      await routers.asAdmin(signal, async (admin) => {
        if (!(await isBalancing(admin, signal))) await startBalancer(admin, signal);
      });
      return done;
    },
  };
}

function verifyWrites({ routers }: ShardedBringUp): Step {
  return {
    key: 'verify',
    description: 'verifying the sharded cluster',
    async run({ signal }) {
      await routers.asAdmin(signal, (admin) => writeToEveryShard(admin, signal));
      return done;
    },
  };
}
