import { randomBytes } from 'node:crypto';
import { migrations } from '../../migrations/index.js';
import { AuditSealer } from '../../src/audit/sealer.js';
import { AuditVerification, type Head, type Verified } from '../../src/audit/verification.js';
import { createLogger } from '../../src/observability/logger.js';
import { AuditKey, AuditKeys, openAuditKey } from '../../src/store/audit-keys.js';
import type { AuditBlockRecord } from '../../src/store/audit-records.js';
import { KeyRing } from '../../src/store/encryption.js';
import { migrate } from '../../src/store/migrate.js';
import type { AuditEventRecord } from '../../src/store/records.js';
import { Store } from '../../src/store/store.js';
import { type Scratch, scratch } from './scratch.js';

const hour = 3_600_000;

/** An audit of some age in a store of its own: its events were written long enough ago to be expected in the chain. */
export class AuditChain {
  readonly store: Store;
  readonly encryptionKey = randomBytes(32);
  readonly ring = new KeyRing([{ id: 'test', key: this.encryptionKey }]);
  #events = 0;

  private constructor(
    private readonly place: Scratch,
    /** That the brokers on this store have. */
    private key: AuditKey,
  ) {
    this.store = Store.open(place.storeUrl);
  }

  static async make(): Promise<AuditChain> {
    const place = scratch();
    const chain = new AuditChain(place, new AuditKey(0, new Date(0), Buffer.alloc(32)));
    await migrate(chain.store.database, migrations, 'test', createLogger('silent'));
    await openAuditKey(chain.store, chain.ring);
    await chain.#age();
    return chain;
  }

  /** Has the key, and with it the chain, be an hour old. */
  async #age(): Promise<void> {
    const record = await this.store.auditKeys.findOne();
    if (!record) throw new Error('there is no audit key');
    const place = `audit_keys/${record._id}/key` as const;
    const made = { ...this.ring.open(record.key, place), since: new Date(Date.now() - hour).toISOString() };
    await this.store.auditKeys.updateOne({ _id: record._id }, { $set: { key: this.ring.seal(made, place) } });
    this.key = await openAuditKey(this.store, this.ring);
  }

  get environment(): NodeJS.ProcessEnv {
    return {
      HOLDFAST_STORE_URL: this.place.storeUrl,
      HOLDFAST_ENCRYPTION_KEYS: `test:${this.encryptionKey.toString('base64')}`,
    };
  }

  /** As a broker does half an hour ago. @param by the key that vouches for it, the brokers' own by default */
  async write(count: number, by: AuditKey = this.key): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let left = count; left > 0; left--) {
      const event = this.event();
      await this.store.auditEvents.insertOne(event);
      const note = { _id: event._id, at: event.at, key: by.number, mac: by.mac('event', event) };
      await this.store.unsealedEvents.insertOne(note);
      ids.push(event._id);
    }
    return ids;
  }

  /** One that nobody has written yet. */
  event(): AuditEventRecord {
    this.#events += 1;
    const at = new Date(Date.now() - hour / 2 + this.#events);
    const who = {
      platform: 'platform',
      instanceId: 'i',
      originatingIdentity: { platform: 'cf', value: { user: 'u' } },
    };
    return { _id: `event-${this.#events}`, at, event: 'succeeded', kind: 'provision', ...who };
  }

  async sealer(): Promise<AuditSealer> {
    const keys = await AuditKeys.read(this.store, this.ring);
    return new AuditSealer(this.store, this.key, keys, createLogger('silent'));
  }

  /** Some events, and the block that they are sealed in. */
  async block(count: number): Promise<AuditBlockRecord> {
    await this.write(count);
    await (await this.sealer()).seal();
    const [head] = await this.store.auditChain.find().sort({ _id: -1 }).limit(1).toArray();
    if (!head) throw new Error('nothing was sealed');
    return head;
  }

  async verify(expected?: Head): Promise<Verified & { readonly deviations: readonly string[] }> {
    const deviations: string[] = [];
    const verified = await AuditVerification.run(this.store, this.ring, expected, (line) => deviations.push(line));
    return { ...verified, deviations };
  }

  async remove(): Promise<void> {
    await this.store.close();
    await this.place.remove();
  }
}
