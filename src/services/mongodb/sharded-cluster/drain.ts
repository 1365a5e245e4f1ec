import type { Db } from 'mongodb';
import { UserError } from '../../../operations/errors.js';
import { done, type Step, wait } from '../../../operations/step.js';
import { setWriteBlocking } from '../members/commands.js';
import { listShards, moveCollection, movePrimary, type Shard } from './commands.js';
import { type DrainCommands, describeDraining, drainCommandsOf, nextMove, type Remainder } from './draining.js';
import type { Routers } from './routers.js';
import { type ShardedCluster, shardIndexOf } from './sharded-cluster.js';

export interface Drain {
  readonly sharded: ShardedCluster;
  readonly routers: Routers;
  /** Whether the writes of apps may be refused while databases move. */
  readonly mayPauseWrites: boolean;
  /** Whether they are to be refused anyway. */
  readonly isReadOnly: boolean;
  /** Bytes that a shard holds. */
  readonly sizeOf: (shard: string, signal: AbortSignal) => Promise<number>;
}

/**
 * Takes the shards that the cluster is not to have any more out of it, one at a time, the last one first. How far that
 * is stands in the config servers' `config.shards`, so that it goes on after a crash.
 */
export function drainShards(drain: Drain): Step {
  const { sharded, routers } = drain;
  return {
    key: 'shards-drain',
    description: 'draining the shards that go',
    async run({ signal }) {
      return await routers.asPatientAdmin(async (admin) => {
        const shards = await listShards(admin, signal);
        const commands = await drainCommandsOf(admin, signal);
        for (const { _id } of shards.filter((shard) => shard.draining && !surplus(sharded, [shard]).length)) {
          await commands.stop(admin, _id, signal);
        }
        for (const { _id: shard } of surplus(sharded, shards)) {
          const left = await drainOnce({ ...drain, admin, commands, shards, shard }, signal);
          if (left !== 'gone') return wait(describeDraining(shard, left));
        }
        return done;
      });
    },
  };
}

/** The last one first. Pure. */
export function surplus(
  { shards: wanted }: Pick<ShardedCluster, 'shards'>,
  shards: readonly Shard[],
): readonly Shard[] {
  const index = ({ _id }: Shard) => shardIndexOf(_id) ?? -1;
  return shards.filter((shard) => index(shard) >= wanted.length).toSorted((a, b) => index(b) - index(a));
}

interface One extends Drain {
  readonly admin: Db;
  readonly commands: DrainCommands;
  readonly shards: readonly Shard[];
  readonly shard: string;
}

async function drainOnce(one: One, signal: AbortSignal): Promise<'gone' | Remainder> {
  const { admin, commands, shard } = one;
  const left = await commands.advance(admin, shard, signal);
  if (left === 'gone') return left;
  const move = nextMove(left);
  switch (move.kind) {
    case 'wait':
      return left;
    case 'stuck':
      throw new UserError(
        `${shard} cannot be drained: MongoDB moves none of its ${left.jumboChunks} jumbo chunks; refine the shard key of ` +
          'their collections or clear their jumbo flag, and update the instance again',
      );
    case 'move collection':
      await moveCollection(admin, move.namespace, await leastFilled(one, signal), signal);
      break;
    case 'move databases':
      await moveDatabases(one, move.names, signal);
      break;
    case 'commit':
      break;
  }
  const rest = await commands.advance(admin, shard, signal);
  return rest !== 'gone' && nextMove(rest).kind === 'commit' ? await commands.commit(admin, shard, signal) : rest;
}

/** Whatever becomes of it, the writes of apps are let through again; where this process dies, by who goes on. */
async function moveDatabases(one: One, names: readonly string[], signal: AbortSignal): Promise<void> {
  const { admin, shard, commands, mayPauseWrites, isReadOnly } = one;
  const move = async () => {
    for (const name of names) await movePrimary(admin, name, await leastFilled(one, signal), signal);
  };
  if (!commands.needsWritePause) return await move();
  if (!mayPauseWrites) {
    throw new UserError(
      `${shard} is the primary shard of the databases ${names.join(', ')}; to move them, update the instance with the ` +
        'parameter allow_write_pause: true',
    );
  }
  await setWriteBlocking(admin, true, signal);
  try {
    await move();
  } finally {
    if (!isReadOnly) await setWriteBlocking(admin, false, signal);
  }
}

/** Of the shards that stay, the one with the least data. */
async function leastFilled({ sharded, sizeOf }: One, signal: AbortSignal): Promise<string> {
  const sizes = await Promise.all(
    sharded.shards.map(async ({ name }) => ({ name, bytes: await sizeOf(name, signal) })),
  );
  const [least] = sizes.toSorted((a, b) => a.bytes - b.bytes);
  if (!least) throw new Error('a sharded cluster has at least one shard');
  return least.name;
}
