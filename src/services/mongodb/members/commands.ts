import type { Db, Document } from 'mongodb';

/** https://www.mongodb.com/docs/manual/reference/command/hello/ */
export interface Hello {
  readonly setName?: string;
  readonly isWritablePrimary: boolean;
  readonly secondary: boolean;
  /** `host:port` */
  readonly primary?: string;
}

export const hello = (admin: Db, signal: AbortSignal) => command<Hello>(admin, { hello: 1 }, signal);

/** https://www.mongodb.com/docs/manual/reference/replica-configuration/ */
export interface ReplicaSetConfig {
  readonly _id: string;
  readonly version: number;
  readonly members: readonly { readonly _id: number; readonly host: string }[];
  readonly settings?: { readonly heartbeatIntervalMillis?: number };
}

export async function readConfig(admin: Db, signal: AbortSignal): Promise<ReplicaSetConfig> {
  const { config } = await command<{ config: ReplicaSetConfig }>(admin, { replSetGetConfig: 1 }, signal);
  return config;
}

export async function initiate(admin: Db, config: ReplicaSetConfig, signal: AbortSignal): Promise<void> {
  await command(admin, { replSetInitiate: config }, signal);
}

/** @param maxTimeMS how long to wait for a majority to install the configuration */
export async function reconfigure(
  admin: Db,
  config: ReplicaSetConfig,
  signal: AbortSignal,
  maxTimeMS?: number,
): Promise<void> {
  const replSetReconfig = { ...config, version: config.version + 1 };
  await command(admin, { replSetReconfig, ...(maxTimeMS !== undefined && { maxTimeMS }) }, signal);
}

/** https://www.mongodb.com/docs/manual/reference/command/replSetGetStatus/ */
export interface ReplicaSetStatus {
  readonly votingMembersCount: number;
  readonly members: readonly { readonly name: string; readonly stateStr: string }[];
}

export const readStatus = (admin: Db, signal: AbortSignal) =>
  command<ReplicaSetStatus>(admin, { replSetGetStatus: 1 }, signal);

export async function setDefaultWriteConcern(admin: Db, signal: AbortSignal): Promise<void> {
  const majority = { w: 'majority' };
  await command(admin, { setDefaultRWConcern: 1, defaultWriteConcern: majority, writeConcern: majority }, signal);
}

export async function command<Reply = Document>(database: Db, request: Document, signal: AbortSignal): Promise<Reply> {
  return (await database.command(request, { signal })) as Reply;
}
