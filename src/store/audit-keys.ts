import { createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { StartError } from '../start-error.js';
import type { AuditKeyRecord } from './audit-records.js';
import { canonical } from './canonical.js';
import { type KeyRing, type Place, UnknownKeyError } from './encryption.js';
import { isDuplicateKey, type Store } from './store.js';

const placeOf = (number: number): Place => `audit_keys/${number}/key`;
const contents = z.strictObject({ secret: z.base64(), since: z.iso.datetime() });

/** Vouches for events and blocks. */
export class AuditKey {
  constructor(
    readonly number: number,
    /** Events that are older were written before there was a chain. */
    readonly since: Date,
    private readonly secret: Buffer,
  ) {}

  /** HMAC-SHA256 in hexadecimal digits. @param what keeps an event's from being a block's */
  mac(what: 'event' | 'block', value: unknown): string {
    return createHmac('sha256', this.secret)
      .update(`${what}\n${canonical(value)}`)
      .digest('hex');
  }
}

/** The audit's keys that the ring opens, by number. */
export class AuditKeys {
  constructor(private readonly keys: readonly AuditKey[]) {}

  get(number: number): AuditKey | undefined {
    return this.keys.find((key) => key.number === number);
  }

  get numbers(): readonly number[] {
    return this.keys.map(({ number }) => number);
  }

  get oldest(): AuditKey | undefined {
    return this.keys[0];
  }

  /** Those that there are: of a store that no broker has used there are none. */
  static async read(store: Store, ring: KeyRing): Promise<AuditKeys> {
    const records = await store.auditKeys.find().sort({ _id: 1 }).toArray();
    return new AuditKeys(records.flatMap((record) => opened(record, ring) ?? []));
  }
}

/**
 * The key that new events and blocks are made with. It is made once, and again only where the ring no longer has what it
 * is sealed with.
 * @throws StartError where the chain is there and its key is not
 */
export async function openAuditKey(store: Store, ring: KeyRing): Promise<AuditKey> {
  const [newest] = await store.auditKeys.find().sort({ _id: -1 }).limit(1).toArray();
  if (!newest && (await store.auditChain.findOne({}, { projection: { _id: 1 } }))) {
    throw new StartError([
      'the store has an audit chain, but its key is gone from the collection audit_keys: restore that collection from a backup',
    ]);
  }
  const key = newest && opened(newest, ring);
  if (key) return key;
  const number = (newest?._id ?? 0) + 1;
  const made = { secret: randomBytes(32).toString('base64'), since: (await store.now()).toISOString() };
  try {
    await store.auditKeys.insertOne({ _id: number, key: ring.seal(made, placeOf(number)) });
  } catch (error) {
    // Another process was faster.
    if (!isDuplicateKey(error)) throw error;
  }
  return await openAuditKey(store, ring);
}

/** Nothing where the ring lacks the key that it is sealed with. */
function opened({ _id, key }: AuditKeyRecord, ring: KeyRing): AuditKey | undefined {
  try {
    const { secret, since } = contents.parse(ring.open(key, placeOf(_id)));
    return new AuditKey(_id, new Date(since), Buffer.from(secret, 'base64'));
  } catch (error) {
    if (error instanceof UnknownKeyError) return undefined;
    throw new StartError([
      `the audit key ${_id} in the store was changed and does not open: restore the collection audit_keys from a backup`,
    ]);
  }
}
