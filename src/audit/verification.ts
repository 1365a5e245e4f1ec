import { AuditKeys } from '../store/audit-keys.js';
import type { AuditBlockRecord, SealedEvent } from '../store/audit-records.js';
import type { KeyRing } from '../store/encryption.js';
import type { AuditEventRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import { digestOf, isGenuine, isIntact } from './block.js';

/** The end of the chain, as the log told it. */
export interface Head {
  readonly number: number;
  readonly mac: string;
}

export interface Verified {
  /** Nothing where there is no block. */
  readonly head: Head | undefined;
  readonly events: number;
  /** Genuine events that are in no block yet. */
  readonly waiting: number;
  /** Events from before there was a chain: nothing vouches for them. */
  readonly older: number;
}

const batch = 500;
/** Longer than it takes to seal an event, and to look for it in two places. */
const settledMilliseconds = 60_000;

/** Walks the whole of the audit, and tells whatever is not as brokers wrote it, in the order of the chain. */
export class AuditVerification {
  private constructor(
    private readonly store: Store,
    private readonly keys: AuditKeys,
    private readonly deviates: (deviation: string) => void,
  ) {}

  /**
   * @param expected a head that the log told: what came after it in time may be longer, and not other
   * @param deviates is told of each deviation
   */
  static async run(
    store: Store,
    ring: KeyRing,
    expected: Head | undefined,
    deviates: (deviation: string) => void,
  ): Promise<Verified> {
    const verification = new AuditVerification(store, await AuditKeys.read(store, ring), deviates);
    const { head, events } = await verification.#chain(expected);
    return { head, events, ...(await verification.#outside(await verification.#since(head))) };
  }

  async #chain(expected: Head | undefined): Promise<Pick<Verified, 'head' | 'events'>> {
    let before: AuditBlockRecord | undefined;
    let events = 0;
    for await (const block of this.store.auditChain.find({}, { batchSize: 10 }).sort({ _id: 1 })) {
      this.#link(before, block, expected);
      events += await this.#events(block);
      before = block;
    }
    const last = before?._id ?? 0;
    if (expected && last < expected.number) {
      this.deviates(`the chain ends with block ${last}: blocks ${last + 1} to ${expected.number} were cut off`);
    }
    return { head: before && { number: before._id, mac: before.mac }, events };
  }

  #link(before: AuditBlockRecord | undefined, block: AuditBlockRecord, expected: Head | undefined): void {
    const number = (before?._id ?? 0) + 1;
    if (block._id !== number) this.deviates(`${span(number, block._id - 1)} missing`);
    else if (block.previous !== (before?.mac ?? '')) {
      this.deviates(`block ${block._id} does not follow the block before it: that one was replaced`);
    }
    const key = this.keys.get(block.key);
    if (!key) this.deviates(`block ${block._id} cannot be checked: no encryption key opens the audit key ${block.key}`);
    else if (!isIntact(block, key)) this.deviates(`block ${block._id} was changed`);
    if (block._id === expected?.number && block.mac !== expected.mac) {
      this.deviates(`block ${block._id} has the mac ${block.mac}, and not ${expected.mac}: the chain was made anew`);
    }
  }

  /** @returns how many there are */
  async #events({ _id: block, events }: AuditBlockRecord): Promise<number> {
    const found = await this.#find(events.map(({ id }) => id));
    for (const sealed of events) {
      const deviation = deviationOf(sealed, found.get(sealed.id));
      if (deviation) this.deviates(`event ${sealed.id} of block ${block} ${deviation}`);
    }
    return found.size;
  }

  async #find(ids: readonly string[]): Promise<ReadonlyMap<string, AuditEventRecord>> {
    const events = await this.store.auditEvents.find({ _id: { $in: [...ids] } }).toArray();
    return new Map(events.map((event) => [event._id, event]));
  }

  /** When the chain began: with its key; not yet, where no broker has made one. */
  async #since(head: Head | undefined): Promise<Date> {
    const { oldest } = this.keys;
    if (oldest) return oldest.since;
    const hasBegun = head !== undefined || (await this.store.auditKeys.findOne()) !== null;
    return hasBegun ? new Date(0) : await this.store.now();
  }

  /** Events in no block: those that wait for one have a note that vouches for them. */
  async #outside(since: Date): Promise<Pick<Verified, 'waiting' | 'older'>> {
    const settled = new Date((await this.store.now()).getTime() - settledMilliseconds);
    let events: AuditEventRecord[] = [];
    let waiting = 0;
    const check = async () => {
      for (const event of await this.#notSealed(events)) waiting += await this.#waits(event);
      events = [];
    };
    for await (const event of this.store.auditEvents
      .find({ at: { $gte: since, $lt: settled } })
      .sort({ at: 1, _id: 1 })) {
      events.push(event);
      if (events.length === batch) await check();
    }
    await check();
    await this.#notesWithoutEvent(settled);
    return { waiting, older: await this.store.auditEvents.countDocuments({ at: { $lt: since } }) };
  }

  async #notSealed(events: readonly AuditEventRecord[]): Promise<readonly AuditEventRecord[]> {
    const ids = events.map(({ _id }) => _id);
    const blocks = await this.store.auditChain
      .find({ 'events.id': { $in: ids } }, { projection: { 'events.id': 1 } })
      .toArray();
    const sealed = new Set(blocks.flatMap((block) => block.events.map(({ id }) => id)));
    return events.filter(({ _id }) => !sealed.has(_id));
  }

  async #waits(event: AuditEventRecord): Promise<0 | 1> {
    const { _id } = event;
    const note = await this.store.unsealedEvents.findOne({ _id });
    if (note && isGenuine(note, event, this.keys.get(note.key))) return 1;
    // Sealed since we looked.
    if (!note && (await this.#notSealed([event])).length === 0) return 0;
    this.deviates(
      note
        ? `event ${_id}, which waits for its block, is not as a broker wrote it`
        : `event ${_id} (${event.at.toISOString()}) is in no block: no broker wrote it, or its block was removed`,
    );
    return 0;
  }

  async #notesWithoutEvent(settled: Date): Promise<void> {
    for await (const { _id } of this.store.unsealedEvents.find({ at: { $lt: settled } })) {
      if (!(await this.store.auditEvents.findOne({ _id }, { projection: { _id: 1 } }))) {
        this.deviates(`event ${_id}, which waits for its block, is missing`);
      }
    }
  }
}

function deviationOf(sealed: SealedEvent, found: AuditEventRecord | undefined): string | undefined {
  if (sealed.finding === 'missing') return 'was removed before it was sealed';
  if (sealed.finding === 'not genuine') return 'was not as a broker wrote it when it was sealed';
  if (!found) return 'is missing';
  return digestOf(found) === sealed.digest ? undefined : 'was changed';
}

const span = (first: number, last: number) => (first === last ? `block ${first} is` : `blocks ${first} to ${last} are`);
