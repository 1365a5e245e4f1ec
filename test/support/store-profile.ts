import type { Document } from 'mongodb';
import type { Store } from '../../src/store/store.js';

/** Has the store note every command on its database, and how it went about it. */
export async function profile({ database }: Store): Promise<void> {
  await database.createCollection('system.profile', { capped: true, size: 128 * 2 ** 20 });
  await database.command({ profile: 2 });
}

/** What it noted since; it notes no more. */
export async function profileOf({ database }: Store): Promise<readonly Document[]> {
  await database.command({ profile: 0 });
  return await database.collection('system.profile').find().toArray();
}
