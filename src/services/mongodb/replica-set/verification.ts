import type { Db } from 'mongodb';
import { change, majority } from '../members/commands.js';

const collection = 'holdfast.verification';

/** What an instance is for: a majority of its members takes a write. It leaves nothing. */
export async function writeWithMajority(admin: Db, signal: AbortSignal): Promise<void> {
  const insert = { insert: collection, documents: [{ at: new Date() }], writeConcern: majority };
  const { writeErrors = [] } = await change<{ writeErrors?: { errmsg: string }[] }>(admin, insert, signal);
  // The driver throws what a command answers, but not what became of each document.
  if (writeErrors.length > 0) throw new Error(`a write is refused: ${writeErrors[0]?.errmsg}`);
  await change(admin, { drop: collection, writeConcern: majority }, signal);
}
