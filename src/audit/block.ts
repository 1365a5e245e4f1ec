import { createHash } from 'node:crypto';
import type { AuditKey } from '../store/audit-keys.js';
import type { AuditBlockRecord, SealedEvent, UnsealedEventRecord } from '../store/audit-records.js';
import { canonical } from '../store/canonical.js';
import type { AuditEventRecord } from '../store/records.js';

/** SHA-256 of an event as it is in the store, in hexadecimal digits. */
export function digestOf(event: AuditEventRecord): string {
  return createHash('sha256').update(canonical(event)).digest('hex');
}

/** What a block says of an event. @param key the one that its note names, where that is known */
export function sealedEvent(
  note: UnsealedEventRecord,
  event: AuditEventRecord | undefined,
  key: AuditKey | undefined,
): SealedEvent {
  const id = note._id;
  if (!event) return { id, finding: 'missing' };
  const digest = digestOf(event);
  return isGenuine(note, event, key) ? { id, digest } : { id, digest, finding: 'not genuine' };
}

/** Whether a broker has written the event, and as it is. */
export function isGenuine(note: UnsealedEventRecord, event: AuditEventRecord, key: AuditKey | undefined): boolean {
  return key?.mac('event', event) === note.mac;
}

export type BlockContents = Pick<AuditBlockRecord, 'at' | 'events'>;

/** The block that follows `head`, which is nothing for the first one. */
export function nextBlock(
  head: Pick<AuditBlockRecord, '_id' | 'mac'> | undefined,
  { at, events }: BlockContents,
  key: AuditKey,
): AuditBlockRecord {
  const block = { _id: (head?._id ?? 0) + 1, previous: head?.mac ?? '', at, events, key: key.number };
  return { ...block, mac: key.mac('block', block) };
}

/** Whether a block is as it was made. */
export function isIntact({ mac, ...block }: AuditBlockRecord, key: AuditKey): boolean {
  return key.mac('block', block) === mac;
}
