import type { Db } from 'mongodb';
import { change, command, majority } from '../members/commands.js';

/** https://www.mongodb.com/docs/manual/reference/command/listShards/ */
export interface Shard {
  readonly _id: string;
  /** `shard0/host:port,host:port`, in any order */
  readonly host: string;
  readonly draining?: boolean;
}

export async function listShards(admin: Db, signal: AbortSignal): Promise<readonly Shard[]> {
  const { shards } = await command<{ readonly shards: readonly Shard[] }>(admin, { listShards: 1 }, signal);
  return shards;
}

/** https://www.mongodb.com/docs/manual/reference/command/addShard/ @param seeds `shard0/host:port,host:port` */
export async function addShard(admin: Db, name: string, seeds: string, signal: AbortSignal): Promise<void> {
  await change(admin, { addShard: seeds, name }, signal);
}

/** https://www.mongodb.com/docs/manual/reference/command/balancerStatus/ */
export async function isBalancing(admin: Db, signal: AbortSignal): Promise<boolean> {
  const { mode } = await command<{ readonly mode: string }>(admin, { balancerStatus: 1 }, signal);
  return mode === 'full';
}

/** https://www.mongodb.com/docs/manual/reference/command/balancerStart/ */
export async function startBalancer(admin: Db, signal: AbortSignal): Promise<void> {
  await change(admin, { balancerStart: 1 }, signal);
}

/** Bytes that a replica set's databases take on disk: https://www.mongodb.com/docs/manual/reference/command/listDatabases/ */
export async function dataSize(admin: Db, signal: AbortSignal): Promise<number> {
  const { totalSize } = await command<{ readonly totalSize: number }>(admin, { listDatabases: 1 }, signal);
  return totalSize;
}

/** https://www.mongodb.com/docs/manual/reference/command/movePrimary/ */
export async function movePrimary(admin: Db, database: string, to: string, signal: AbortSignal): Promise<void> {
  await change(admin, { movePrimary: database, to, writeConcern: majority }, signal);
}

/** https://www.mongodb.com/docs/manual/reference/command/moveCollection/, 8.0 and later */
export async function moveCollection(admin: Db, namespace: string, to: string, signal: AbortSignal): Promise<void> {
  await change(admin, { moveCollection: namespace, toShard: to }, signal);
}

/** https://www.mongodb.com/docs/manual/reference/command/buildInfo/ */
export async function serverVersion(admin: Db, signal: AbortSignal): Promise<readonly number[]> {
  const { versionArray } = await command<{ readonly versionArray: readonly number[] }>(admin, { buildInfo: 1 }, signal);
  return versionArray;
}
