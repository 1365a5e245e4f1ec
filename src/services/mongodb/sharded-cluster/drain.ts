import { type Db, MongoServerError } from 'mongodb';
import { UserError } from '../../../operations/errors.js';
import { done, type Step, wait } from '../../../operations/step.js';
import { setWriteBlocking } from '../members/commands.js';
import { isPassing } from '../members/server-errors.js';
import { dataSize, listShards, moveCollection, type Shard } from './commands.js';
import { type DrainCommands, describeDraining, drainCommandsOf, nextMove, type Remainder } from './draining.js';
import { moveDatabase, type OnShard } from './move-database.js';
import type { Routers } from './routers.js';
import { isSurplus, type ShardedCluster, shardIndexOf } from './sharded-cluster.js';

export interface Drain {
  readonly sharded: ShardedCluster;
  readonly routers: Routers;
  /** Whether the writes of apps may be refused while databases move. */
  readonly mayPauseWrites: boolean;
  /** Whether they are to be refused anyway. */
  readonly isReadOnly: boolean;
  /** Asks the primary of a shard. */
  readonly onShard: OnShard;
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
        for (const { _id, draining } of shards) {
          if (draining && !isSurplus(sharded, _id)) await commands.stop(admin, _id, signal);
        }
        for (const { _id: shard } of surplus(sharded, shards)) {
          const left = await drainOnce({ ...drain, admin, commands, shard }, signal);
          if (left !== 'gone') return wait(describeDraining(shard, left));
        }
        return done;
      });
    },
  };
}

/** The last one first. Pure. */
export function surplus(sharded: Pick<ShardedCluster, 'shards'>, shards: readonly Shard[]): readonly Shard[] {
  const index = ({ _id }: Shard) => shardIndexOf(_id) ?? -1;
  return shards.filter(({ _id }) => isSurplus(sharded, _id)).toSorted((a, b) => index(b) - index(a));
}

interface One extends Drain {
  readonly admin: Db;
  readonly commands: DrainCommands;
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

/**
 * Writes come back when the databases have moved, or certainly have not. Where a move may still be under way, because the
 * connection broke or this process ends, they stay away until the next look.
 */
async function moveDatabases(one: One, names: readonly string[], signal: AbortSignal): Promise<void> {
  const { admin, shard, commands, onShard, mayPauseWrites, isReadOnly } = one;
  const move = async () => {
    for (const database of names) {
      const to = await leastFilled(one, signal);
      await moveDatabase({ admin, onShard, database, from: shard, to }, signal);
    }
  };
  if (!commands.needsWritePause) return await move();
  if (!mayPauseWrites) {
    throw new UserError(
      `${shard} is the primary shard of the databases ${names.join(', ')}; to move them, update the instance with the ` +
        'parameter allow_write_pause: true',
    );
  }
  const blockWrites = (areBlocked: boolean) => setWriteBlocking(admin, areBlocked || isReadOnly, signal);
  await blockWrites(true);
  try {
    await move();
  } catch (error) {
    if (error instanceof MongoServerError && !isPassing(error)) await blockWrites(false);
    throw error;
  }
  await blockWrites(false);
}

/** Of the shards that stay, the one with the least data. */
async function leastFilled({ sharded, onShard }: One, signal: AbortSignal): Promise<string> {
  const sizes = await Promise.all(
    sharded.shards.map(async ({ name }) => ({
      name,
      bytes: await onShard(name, signal, (admin) => dataSize(admin, signal)),
    })),
  );
  const [least] = sizes.toSorted((a, b) => a.bytes - b.bytes);
  if (!least) throw new Error('a sharded cluster has at least one shard');
  return least.name;
}
