import type { Db } from 'mongodb';
import { command } from '../members/commands.js';

const collection = 'holdfast.verification';
const writeConcern = { w: 'majority', wtimeout: 8_000 };

/** What an instance is for: a majority of its members takes a write. It leaves nothing. */
export async function writeWithMajority(admin: Db, signal: AbortSignal): Promise<void> {
  await command(admin, { insert: collection, documents: [{ at: new Date() }], writeConcern }, signal);
  await command(admin, { drop: collection, writeConcern }, signal);
}
