import type { Sealed } from './encryption.js';

/** An event that is in no block yet: written with it in one transaction, and removed when a block has it. */
export interface UnsealedEventRecord {
  /** Id of the event. */
  readonly _id: string;
  /** When the event was. */
  readonly at: Date;
  /** Number of the audit key. */
  readonly key: number;
  /** Of the event, in hexadecimal digits: whoever can only write to the store cannot make it. */
  readonly mac: string;
}

/** A link of the chain that the audit's events are sealed in. */
export interface AuditBlockRecord {
  /** Number, from 1, without gaps. */
  readonly _id: number;
  /** `mac` of the block before; empty in the first. */
  readonly previous: string;
  /** By the store's clock. */
  readonly at: Date;
  readonly events: readonly SealedEvent[];
  /** Number of the audit key. */
  readonly key: number;
  /** HMAC-SHA256 of all the rest, in hexadecimal digits. */
  readonly mac: string;
}

export interface SealedEvent {
  readonly id: string;
  /** SHA-256 in hexadecimal digits; nothing where the event was missing. */
  readonly digest?: string;
  /** What was wrong with it already when it was sealed: it was gone, or not as the broker wrote it. */
  readonly finding?: 'missing' | 'not genuine';
}

/** A key of the audit's own, sealed by the key ring. */
export interface AuditKeyRecord {
  /** From 1. The greatest is used; there is a next one only where that was lost. */
  readonly _id: number;
  /** Holds `secret`, 32 bytes in base64, and `since`, when it was made. */
  readonly key: Sealed;
}
