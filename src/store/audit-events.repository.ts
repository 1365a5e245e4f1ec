import type { ClientSession } from 'mongodb';
import type { AuditKey } from './audit-keys.js';
import type { UnsealedEventRecord } from './audit-records.js';
import { newIdentifier } from './identifier.js';
import type { AuditEventRecord } from './records.js';
import type { Store } from './store.js';

export type NewAuditEvent = Omit<AuditEventRecord, '_id' | 'at'>;

/** Writes what the audit tells, each event with the note that it is still to be sealed in the chain. */
export class AuditEventsRepository {
  constructor(
    private readonly store: Store,
    private readonly key: AuditKey,
  ) {}

  /** Writes an event in the transaction of what it tells of. */
  async record(event: NewAuditEvent, session: ClientSession): Promise<void> {
    const written = await this.store.auditEvents.findOneAndUpdate(
      { _id: newIdentifier() },
      // The only way to have the store's clock in what is inserted.
      { $setOnInsert: event, $currentDate: { at: true } },
      { upsert: true, returnDocument: 'after', session },
    );
    if (!written) throw new Error('the store did not keep an event of the audit');
    await this.store.unsealedEvents.insertOne(this.#note(written), { session });
  }

  #note(event: AuditEventRecord): UnsealedEventRecord {
    const { _id, at } = event;
    return { _id, at, key: this.key.number, mac: this.key.mac('event', event) };
  }

  /** Writes events in the transaction of what they tell of, and as of a time by the store's clock. */
  async recordAt(at: Date, events: readonly NewAuditEvent[], session: ClientSession): Promise<void> {
    const written = events.map((event) => ({ _id: newIdentifier(), ...event, at }));
    await this.store.auditEvents.insertMany(written, { session });
    await this.store.unsealedEvents.insertMany(
      written.map((event) => this.#note(event)),
      { session },
    );
  }

  /** Writes an event that is the whole of what happens: it is kept when this returns. */
  async recordAlone(event: NewAuditEvent): Promise<void> {
    await this.store.transaction((session) => this.record(event, session));
  }

  /** Tells how an accepted operation ended, with who asked for it. */
  async recordEnd(
    operation: string,
    { event, detail }: Required<Pick<NewAuditEvent, 'event' | 'detail'>>,
    session: ClientSession,
  ): Promise<void> {
    const accepted = await this.store.auditEvents.findOne({ operation, event: 'accepted' }, { session });
    if (!accepted) return;
    const { _id, at, ...rest } = accepted;
    await this.record({ ...rest, event, detail }, session);
  }
}
