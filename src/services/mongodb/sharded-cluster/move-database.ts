import type { Db } from 'mongodb';
import { change, command } from '../members/commands.js';
import { NotServing } from '../members/connections.js';
import { hasCodeName } from '../members/server-errors.js';
import { movePrimary } from './commands.js';

/** Asks the primary of a shard, as `__system`. @param work gets its database `admin` */
export type OnShard = <Result>(
  shard: string,
  signal: AbortSignal,
  work: (admin: Db) => Promise<Result>,
) => Promise<Result>;

interface Move {
  /** Of a router. */
  readonly admin: Db;
  readonly onShard: OnShard;
  readonly database: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Gives a database another primary shard. Before 7.0 a move that was cut short leaves copies of collections where it was to
 * go, and MongoDB refuses to move there again until somebody removes them.
 */
export async function moveDatabase(move: Move, signal: AbortSignal): Promise<void> {
  const { admin, database, to } = move;
  try {
    await movePrimary(admin, database, to, signal);
  } catch (error) {
    if (!hasCodeName(error, 'NamespaceExists')) throw error;
    await removeCopies(move, signal);
    await movePrimary(admin, database, to, signal);
  }
}

/** What a shard has of a database whose primary shard it is not: all but the chunks of sharded collections. */
async function removeCopies({ admin, onShard, database, from, to }: Move, signal: AbortSignal): Promise<void> {
  const find = { find: 'collections', filter: {}, projection: { _id: 1 }, batchSize: 100_000 };
  const { cursor } = await command<Cursor<{ readonly _id: string }>>(admin.client.db('config'), find, signal);
  const sharded = new Set(cursor.firstBatch.map(({ _id }) => _id));
  // The copies of a move that is still under way are no leftovers.
  for (const shard of [from, to]) {
    if (await onShard(shard, signal, (shardAdmin) => isMoving(shardAdmin, signal))) throw new MoveUnderWay(database);
  }
  await onShard(to, signal, async (shardAdmin) => {
    const copies = shardAdmin.client.db(database);
    const list = { listCollections: 1, nameOnly: true, cursor: { batchSize: 100_000 } };
    const { cursor: listed } = await command<Cursor<{ readonly name: string }>>(copies, list, signal);
    const left = listed.firstBatch.filter(({ name }) => !sharded.has(`${database}.${name}`));
    for (const { name } of left) await change(copies, { drop: name }, signal);
  });
}

/** Whether a shard gives a database away, or takes one. */
async function isMoving(admin: Db, signal: AbortSignal): Promise<boolean> {
  const commands = ['_shardsvrMovePrimary', '_shardsvrCloneCatalogData'];
  const isOne = commands.map((name) => ({ [`command.${name}`]: { $exists: true } }));
  const { inprog } = await command<{ readonly inprog: readonly unknown[] }>(
    admin,
    { currentOp: 1, $all: true, $or: isOne },
    signal,
  );
  return inprog.length > 0;
}

interface Cursor<Item> {
  readonly cursor: { readonly firstBatch: readonly Item[] };
}

/** Whoever began it may have died since; it ends by itself. */
class MoveUnderWay extends NotServing {
  override readonly name = 'MoveUnderWay';
  constructor(database: string) {
    super(`the database ${database} is being moved`);
  }
}
