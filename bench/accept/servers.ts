import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Store } from '../../src/store/store.js';
import { BrokerDriver, type Sold } from '../../test/support/broker-driver.js';
import { compiledStub } from '../../test/support/compiled.js';
import { type Scratch, scratch } from '../../test/support/scratch.js';
import { encryptionKeys } from '../../test/support/stub-broker.js';
import { QuietProcess } from '../support/quiet-process.js';

const platform = { user: 'platform', password: 'secret' };
export const authorization = `Basic ${Buffer.from(`${platform.user}:${platform.password}`).toString('base64')}`;

/** As the broker's is, for both. The limits are on, and higher than what comes. */
const environment = ({ storeUrl, redisUrl, queuePrefix }: Scratch) => ({
  HOLDFAST_BASIC_AUTH: `${platform.user}:${platform.password}`,
  HOLDFAST_STORE_URL: storeUrl,
  HOLDFAST_REDIS_URL: redisUrl,
  HOLDFAST_ENCRYPTION_KEYS: encryptionKeys,
  HOLDFAST_RATE_LIMIT_PER_SECOND: '1000000',
  HOLDFAST_CATALOG: fileURLToPath(new URL('../../../test/support/stub-catalog.yaml', import.meta.url)),
  STUB_QUEUE_PREFIX: queuePrefix,
});

const drainSeconds = 60;

/** A broker of the stub service, with a store and a queue of its own. */
export class MeasuredBroker {
  private constructor(
    private readonly place: Scratch,
    private readonly store: Store,
    private readonly process: QuietProcess,
  ) {}

  static async start(role: 'api' | 'all'): Promise<MeasuredBroker> {
    const place = scratch();
    const process = await QuietProcess.start(compiledStub(), { ...environment(place), HOLDFAST_ROLE: role });
    return new MeasuredBroker(place, Store.open(place.storeUrl), process);
  }

  get url(): string {
    return this.process.url;
  }

  sold(): Promise<Sold> {
    return new BrokerDriver({ url: this.url, ...platform }).sold('stub', 'small');
  }

  /** Brings about what workers would have made of all that was accepted, so that nothing works while others are measured. */
  async settle(role: 'api' | 'all'): Promise<void> {
    const { instances, operations } = this.store;
    // What runs in a broker that works is waited for; where none works, it is ended here.
    const waiting = role === 'all' ? { state: 'queued' as const } : { active: true };
    const ended = { state: 'succeeded' as const, active: false, progress: 'done', endedAt: new Date() };
    const deadline = Date.now() + drainSeconds * 1_000;
    do {
      if (Date.now() > deadline) throw new Error(`operations still run after ${drainSeconds} s`);
      await operations.updateMany(waiting, { $set: ended, $unset: { slot: true } });
      await sleep(50);
    } while ((await operations.countDocuments({ active: true }, { limit: 1 })) > 0);
    await instances.updateMany({ phase: { $in: ['creating', 'updating'] } }, { $set: { phase: 'ready' } });
    const gone = { phase: 'deleted' as const, living: false, deletedAt: new Date() };
    await instances.updateMany({ phase: 'deleting' }, { $set: gone, $unset: { parameters: true } });
  }

  async end(): Promise<void> {
    await this.process.end();
    await this.store.close();
    await this.place.remove();
  }
}

/** What the broker is compared with, likewise. */
export class Reference {
  private constructor(
    private readonly place: Scratch,
    private readonly folder: string,
    private readonly process: QuietProcess,
  ) {}

  /** @param constant what it answers where it answers a constant */
  static async start(constant: string): Promise<Reference> {
    const place = scratch();
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
    const file = join(folder, 'constant');
    writeFileSync(file, constant);
    const program = fileURLToPath(new URL('./reference.js', import.meta.url));
    return new Reference(
      place,
      folder,
      await QuietProcess.start(program, { ...environment(place), BENCH_CONSTANT: file }),
    );
  }

  get url(): string {
    return this.process.url;
  }

  async end(): Promise<void> {
    await this.process.end();
    rmSync(this.folder, { recursive: true });
    await this.place.remove();
  }
}
