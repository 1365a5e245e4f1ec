import type { Db } from 'mongodb';
import { newIdentifier } from './identifier.js';

interface IdentityRecord {
  readonly _id: 'broker';
  readonly identity: string;
}

/**
 * Who the brokers on this store are together: made once, and written on every object that they make, so that several
 * brokers can share a cluster.
 */
export async function brokerIdentity(database: Db): Promise<string> {
  const record = await database
    .collection<IdentityRecord>('identity')
    .findOneAndUpdate(
      { _id: 'broker' },
      { $setOnInsert: { identity: newIdentifier() } },
      { upsert: true, returnDocument: 'after' },
    );
  if (!record) throw new Error('the store did not keep the identity of the broker');
  return record.identity;
}
