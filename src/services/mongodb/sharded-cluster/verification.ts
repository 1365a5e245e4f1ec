import { type Db, type Document, ObjectId } from 'mongodb';
import { change, command, majority } from '../members/commands.js';

const database = 'holdfast_verification';
const collection = 'writes';
/** So many that each of a dozen shards has some. */
const documents = 64;

/**
 * What a sharded cluster is for: a sharded collection takes writes that a majority of each shard has, and gives them
 * back. It leaves nothing.
 */
export async function writeToEveryShard(admin: Db, signal: AbortSignal): Promise<void> {
  const key = { _id: 'hashed' };
  await change(admin, { shardCollection: `${database}.${collection}`, key, writeConcern: majority }, signal);
  // The same connection, of which the driver has only asked for another database.
  const verified = admin.client.db(database);
  const ids = Array.from({ length: documents }, () => new ObjectId());
  const insert = { insert: collection, documents: ids.map((_id) => ({ _id })), writeConcern: majority };
  const { writeErrors = [] } = await change<{ writeErrors?: { errmsg: string }[] }>(verified, insert, signal);
  if (writeErrors.length > 0) throw new Error(`a write is refused: ${writeErrors[0]?.errmsg}`);
  const find = { find: collection, filter: { _id: { $in: ids } }, batchSize: documents + 1 };
  const { cursor } = await command<{ readonly cursor: { readonly firstBatch: readonly Document[] } }>(
    verified,
    find,
    signal,
  );
  const { length: found } = cursor.firstBatch;
  if (found !== documents) throw new Error(`of ${documents} documents of a sharded collection, ${found} are found`);
  await change(verified, { dropDatabase: 1, writeConcern: majority }, signal);
}
