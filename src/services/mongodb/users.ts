import type { Db } from 'mongodb';
import { change, majority } from './members/commands.js';
import { hasCodeName, isKnownUser } from './members/server-errors.js';
import { adminUser } from './names.js';
import type { InstanceSecrets } from './secrets.js';

export interface Role {
  readonly role: string;
  readonly db: string;
}

/** A user of the database `admin`, as it is to be. */
export interface User {
  readonly name: string;
  readonly password: string;
  readonly roles: readonly Role[];
}

const mechanisms = ['SCRAM-SHA-256'];

/** https://www.mongodb.com/docs/manual/reference/command/createUser/ */
export async function ensureUser(admin: Db, user: User, signal: AbortSignal): Promise<void> {
  const { name, password: pwd, roles } = user;
  const rest = { pwd, roles, mechanisms, writeConcern: majority };
  try {
    await change(admin, { createUser: name, ...rest }, signal);
  } catch (error) {
    if (!isKnownUser(error)) throw error;
    // The password of an existing user is set again: whether it differs cannot be seen.
    await change(admin, { updateUser: name, ...rest }, signal);
  }
}

/** Holdfast's own user, whom a set or a cluster gets first. */
export async function ensureAdministrator(admin: Db, secrets: InstanceSecrets, signal: AbortSignal): Promise<void> {
  const user = { name: adminUser, password: secrets.adminPassword, roles: [{ role: 'root', db: 'admin' }] };
  await ensureUser(admin, user, signal);
}

/** The user's open connections are refused, and what they run ends, before the user is gone. */
export async function removeUser(admin: Db, name: string, signal: AbortSignal): Promise<void> {
  try {
    await change(admin, { updateUser: name, roles: [], writeConcern: majority }, signal);
    await change(admin, { killAllSessions: [{ user: name, db: 'admin' }] }, signal);
    await change(admin, { dropUser: name, writeConcern: majority }, signal);
  } catch (error) {
    if (!hasCodeName(error, 'UserNotFound')) throw error;
  }
}
