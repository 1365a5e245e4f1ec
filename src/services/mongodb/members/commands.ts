import type { Db, Document } from 'mongodb';
import { UserError } from '../../../operations/errors.js';
import { outsideEffect } from '../../../side-effects.js';
import { hasCodeName } from './server-errors.js';

/** https://www.mongodb.com/docs/manual/reference/command/hello/ */
export interface Hello {
  readonly setName?: string;
  readonly isWritablePrimary: boolean;
  readonly secondary: boolean;
  /** `host:port`, as the next one */
  readonly primary?: string;
  readonly me?: string;
}

export const hello = (admin: Db, signal: AbortSignal) => command<Hello>(admin, { hello: 1 }, signal);

/** https://www.mongodb.com/docs/manual/reference/replica-configuration/ */
export interface ReplicaSetConfig {
  readonly _id: string;
  readonly version: number;
  readonly members: readonly {
    readonly _id: number;
    readonly host: string;
    readonly horizons?: Readonly<Record<string, string>>;
  }[];
  readonly settings?: { readonly heartbeatIntervalMillis?: number };
}

export async function readConfig(admin: Db, signal: AbortSignal): Promise<ReplicaSetConfig> {
  const { config } = await command<{ config: ReplicaSetConfig }>(admin, { replSetGetConfig: 1 }, signal);
  return config;
}

export async function initiate(admin: Db, config: ReplicaSetConfig, signal: AbortSignal): Promise<void> {
  await change(admin, { replSetInitiate: config }, signal);
}

/** @param maxTimeMS how long to wait for a majority to install the configuration */
export async function reconfigure(
  admin: Db,
  config: ReplicaSetConfig,
  signal: AbortSignal,
  maxTimeMS?: number,
): Promise<void> {
  const replSetReconfig = { ...config, version: config.version + 1 };
  await change(admin, { replSetReconfig, ...(maxTimeMS !== undefined && { maxTimeMS }) }, signal);
}

/** https://www.mongodb.com/docs/manual/reference/command/replSetGetStatus/ */
export interface ReplicaSetStatus {
  readonly votingMembersCount: number;
  readonly members: readonly { readonly name: string; readonly stateStr: string }[];
}

export const readStatus = (admin: Db, signal: AbortSignal) =>
  command<ReplicaSetStatus>(admin, { replSetGetStatus: 1 }, signal);

/** Ends before the connection's own patience does. */
export const majority = { w: 'majority', wtimeout: 8_000 };

/** What holds where a client names no concern. */
export interface DefaultConcerns {
  readonly write: 'majority' | number;
  readonly read: string;
}

/** https://www.mongodb.com/docs/manual/reference/command/getDefaultRWConcern/: what somebody has set. */
export async function readDefaultConcerns(admin: Db, signal: AbortSignal): Promise<Partial<DefaultConcerns>> {
  const told = await command<{
    readonly defaultWriteConcern?: { readonly w: DefaultConcerns['write'] };
    readonly defaultWriteConcernSource?: string;
    readonly defaultReadConcern?: { readonly level: string };
    readonly defaultReadConcernSource?: string;
  }>(admin, { getDefaultRWConcern: 1 }, signal);
  return {
    ...(told.defaultWriteConcernSource === 'global' && { write: told.defaultWriteConcern?.w }),
    ...(told.defaultReadConcernSource === 'global' && { read: told.defaultReadConcern?.level }),
  } as Partial<DefaultConcerns>;
}

/** https://www.mongodb.com/docs/manual/reference/command/setDefaultRWConcern/ */
export async function setDefaultConcerns(
  admin: Db,
  { write, read }: Partial<DefaultConcerns>,
  signal: AbortSignal,
): Promise<void> {
  const request = {
    setDefaultRWConcern: 1,
    ...(write !== undefined && { defaultWriteConcern: { w: write } }),
    ...(read !== undefined && { defaultReadConcern: { level: read } }),
    writeConcern: majority,
  };
  await change(admin, request, signal);
}

const blocksWrites = 2;

/** https://www.mongodb.com/docs/manual/reference/command/serverStatus/#repl */
export async function areWritesBlocked(admin: Db, signal: AbortSignal): Promise<boolean> {
  const { repl } = await command<{ repl: { userWriteBlockMode?: number } }>(admin, { serverStatus: 1 }, signal);
  return repl.userWriteBlockMode === blocksWrites;
}

/** https://www.mongodb.com/docs/manual/reference/command/setUserWriteBlockMode/: it waits for a majority by itself. */
export async function setWriteBlocking(admin: Db, global: boolean, signal: AbortSignal): Promise<void> {
  try {
    await change(admin, { setUserWriteBlockMode: 1, global }, signal);
  } catch (error) {
    if (!hasCodeName(error, 'CommandNotFound')) throw error;
    throw new UserError("the instance's MongoDB cannot block writes: 6.0 and later can", { cause: error });
  }
}

/** A command that changes something. */
export async function change<Reply = Document>(database: Db, request: Document, signal: AbortSignal): Promise<Reply> {
  return await outsideEffect(titleOf(request), () => command<Reply>(database, request, signal));
}

/** What tells one change from another; no names of users, and no passwords. */
function titleOf(request: Document): string {
  const [verb = ''] = Object.keys(request);
  return verb === 'replSetReconfig' ? `${verb} to ${request.replSetReconfig.members.length} members` : verb;
}

/** A command that only asks. */
export async function command<Reply = Document>(database: Db, request: Document, signal: AbortSignal): Promise<Reply> {
  return (await database.command(request, { signal })) as Reply;
}
