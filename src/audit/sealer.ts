import { tell } from '../observability/events.js';
import type { Logger } from '../observability/logger.js';
import type { ReconcilerTask } from '../operations/reconciler.js';
import type { AuditKey, AuditKeys } from '../store/audit-keys.js';
import type { AuditBlockRecord, SealedEvent, UnsealedEventRecord } from '../store/audit-records.js';
import type { AuditEventRecord } from '../store/records.js';
import { isDuplicateKey, type Store } from '../store/store.js';
import { nextBlock, sealedEvent } from './block.js';

/** Events in one block at most. */
const mostEvents = 1_000;
/** Of one round. */
const mostBlocks = 100;

/** Adds the audit's events to the chain, and tells them in the log. */
export class AuditSealer {
  #head: Pick<AuditBlockRecord, '_id' | 'mac'> | undefined;

  constructor(
    private readonly store: Store,
    /** Makes the blocks. */
    private readonly key: AuditKey,
    /** Check the events. */
    private readonly keys: Pick<AuditKeys, 'get' | 'numbers'>,
    private readonly log: Logger,
  ) {}

  /**
   * Seals all that waits, or as much as one round may.
   * @returns how many events that were
   */
  async seal(): Promise<number> {
    let events = 0;
    for (let blocks = 0; blocks < mostBlocks; blocks++) {
      const waiting = await this.store.unsealedEvents
        // Of a key that is newer than this process, another one knows what to think.
        .find({ key: { $in: [...this.keys.numbers] } })
        .sort({ at: 1, _id: 1 })
        .limit(mostEvents)
        .toArray();
      if (waiting.length === 0) break;
      await this.#sealNext(waiting);
      events += waiting.length;
    }
    return events;
  }

  async #sealNext(waiting: readonly UnsealedEventRecord[]): Promise<void> {
    const head = await this.#readHead();
    const events = await this.#sealed(waiting);
    const block = nextBlock(head, { at: await this.store.now(), events }, this.key);
    if (await this.#add(block)) {
      this.#head = block;
      this.log.info({ audit: true, block: block._id, mac: block.mac, events: events.length }, 'audit block');
    }
    await this.#forgetSealed(waiting.map(({ _id }) => _id));
  }

  async #readHead(): Promise<AuditBlockRecord | undefined> {
    const [head] = await this.store.auditChain.find().sort({ _id: -1 }).limit(1).toArray();
    const known = this.#head;
    if (known && (head?._id ?? 0) < known._id) {
      this.log.error({ block: known._id, mac: known.mac }, 'the audit chain was cut: it has lost this block');
      tell('auditDeviation', { deviation: 'cut' });
    }
    return head;
  }

  /** What the block says of each event. The log has it first: what is sealed was told, perhaps twice after a crash. */
  async #sealed(waiting: readonly UnsealedEventRecord[]): Promise<readonly SealedEvent[]> {
    const ids = waiting.map(({ _id }) => _id);
    const found = await this.store.auditEvents.find({ _id: { $in: ids } }).toArray();
    const events = new Map(found.map((event) => [event._id, event]));
    return waiting.map((note) => {
      const event = events.get(note._id);
      const sealed = sealedEvent(note, event, this.keys.get(note.key));
      if (event) this.#tell(event);
      if (sealed.finding) {
        this.log.error({ auditEvent: note._id, finding: sealed.finding }, 'the audit was changed');
        tell('auditDeviation', { deviation: 'changed' });
      }
      return sealed;
    });
  }

  #tell({ _id, ...event }: AuditEventRecord): void {
    this.log.info({ audit: true, id: _id, ...event }, 'audit event');
  }

  /**
   * One write, so that a process that dies leaves nothing half done and no transaction that others wait for.
   * @returns whether no other sealer has added this block, or one with any of its events
   */
  async #add(block: AuditBlockRecord): Promise<boolean> {
    try {
      await this.store.auditChain.insertOne(block);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** Removes the notes of events that are in a block, whoever has added that. */
  async #forgetSealed(ids: readonly string[]): Promise<void> {
    const blocks = await this.store.auditChain
      .find({ 'events.id': { $in: [...ids] } }, { projection: { 'events.id': 1 } })
      .toArray();
    const sealed = blocks.flatMap(({ events }) => events.map(({ id }) => id));
    await this.store.unsealedEvents.deleteMany({ _id: { $in: sealed } });
  }
}

export function sealAudit(sealer: AuditSealer): ReconcilerTask {
  return { name: 'seal-audit', everyMilliseconds: 1_000, run: () => sealer.seal() };
}
