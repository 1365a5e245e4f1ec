import type { Db } from 'mongodb';
import { change, command } from '../members/commands.js';
import { serverVersion } from './commands.js';

/** What a shard that is to go still has. */
export interface Remainder {
  readonly chunks: number;
  /** Those of the chunks that MongoDB does not move, because they are too big and cannot be split. */
  readonly jumboChunks: number;
  /** Databases whose primary shard it is. */
  readonly databases: readonly string[];
  /** Unsharded collections, as `database.collection`; only servers of 8.0 and later name them. */
  readonly collections: readonly string[];
}

/** `gone`: the cluster does not have the shard any more. */
export type Draining = 'gone' | Remainder;

/** https://www.mongodb.com/docs/manual/reference/command/removeShard/, and shardDrainingStatus the same */
export interface DrainingReply {
  readonly state?: string;
  readonly remaining?: { readonly chunks?: number; readonly jumboChunks?: number };
  readonly dbsToMove?: readonly string[];
  readonly collectionsToMove?: readonly string[];
}

/** Pure. */
export function remainderOf({ remaining, dbsToMove = [], collectionsToMove = [] }: DrainingReply): Remainder {
  return {
    chunks: remaining?.chunks ?? 0,
    jumboChunks: remaining?.jumboChunks ?? 0,
    databases: dbsToMove,
    collections: collectionsToMove,
  };
}

/** What a drain needs done besides what the balancer does by itself. */
export type NextMove =
  | { readonly kind: 'wait' }
  | { readonly kind: 'stuck' }
  | { readonly kind: 'move collection'; readonly namespace: string }
  | { readonly kind: 'move databases'; readonly names: readonly string[] }
  | { readonly kind: 'commit' };

/** Chunks first: databases move while the writes of apps pause, on servers that cannot do without. Pure. */
export function nextMove({ chunks, jumboChunks, databases, collections: [namespace] }: Remainder): NextMove {
  if (jumboChunks > 0 && jumboChunks === chunks) return { kind: 'stuck' };
  if (chunks > 0) return { kind: 'wait' };
  if (namespace !== undefined) return { kind: 'move collection', namespace };
  return databases.length > 0 ? { kind: 'move databases', names: databases } : { kind: 'commit' };
}

/** `draining shard2: 5 chunks and 2 databases are left`. Pure. */
export function describeDraining(shard: string, { chunks, databases, collections }: Remainder): string {
  const parts = [
    countOf(chunks, 'chunk'),
    countOf(collections.length, 'collection'),
    countOf(databases.length, 'database'),
  ].filter((part) => part !== undefined);
  return `draining ${shard}: ${parts.length > 0 ? `${parts.join(' and ')} left` : 'nothing is left'}`;
}

const countOf = (count: number, noun: string) =>
  count === 0 ? undefined : `${count} ${noun}${count === 1 ? '' : 's'}`;

/** How a version of MongoDB has a shard drained. */
export interface DrainCommands {
  /** Whether a database that apps write to cannot be moved as it is: before 8.0, there is no moveCollection. */
  readonly needsWritePause: boolean;
  /** Starts draining where that has not begun, and tells how far it is. */
  advance(admin: Db, shard: string, signal: AbortSignal): Promise<Draining>;
  /** Takes a drained shard out of the cluster. */
  commit(admin: Db, shard: string, signal: AbortSignal): Promise<Draining>;
  /** Lets a shard that was being drained stay. */
  stop(admin: Db, shard: string, signal: AbortSignal): Promise<void>;
}

/** removeShard starts, tells and commits in one. */
const removeShard: Omit<DrainCommands, 'needsWritePause'> = {
  async advance(admin, shard, signal) {
    for (;;) {
      const reply = await change<DrainingReply>(admin, { removeShard: shard }, signal);
      if (reply.state === 'completed') return 'gone';
      // The first answer only says that it has begun.
      if (reply.state !== 'started') return remainderOf(reply);
    }
  },
  commit: async (admin, shard, signal) => await removeShard.advance(admin, shard, signal),
  // https://www.mongodb.com/docs/manual/reference/config-database/: before 8.3 there is no command for it.
  async stop(admin, shard, signal) {
    const updates = [{ q: { _id: shard, draining: true }, u: { $unset: { draining: '' } } }];
    const config = admin.client.db('config');
    await change(config, { update: 'shards', updates, writeConcern: { w: 'majority' } }, signal);
  },
};

/** https://www.mongodb.com/docs/manual/reference/command/startShardDraining/ and its like, from 8.3 on */
const shardDraining: Omit<DrainCommands, 'needsWritePause'> = {
  async advance(admin, shard, signal) {
    await change(admin, { startShardDraining: shard }, signal);
    return remainderOf(await command<DrainingReply>(admin, { shardDrainingStatus: shard }, signal));
  },
  async commit(admin, shard, signal) {
    await change(admin, { commitShardRemoval: shard }, signal);
    return 'gone';
  },
  async stop(admin, shard, signal) {
    await change(admin, { stopShardDraining: shard }, signal);
  },
};

export async function drainCommandsOf(admin: Db, signal: AbortSignal): Promise<DrainCommands> {
  const [major = 0, minor = 0] = await serverVersion(admin, signal);
  const isNew = major > 8 || (major === 8 && minor >= 3);
  return { ...(isNew ? shardDraining : removeShard), needsWritePause: major < 8 };
}
