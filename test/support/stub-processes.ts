import { join } from 'node:path';
import { Store } from '../../src/store/store.js';
import { BrokerDriver } from './broker-driver.js';
import { BrokerProcess } from './broker-process.js';
import { compiledStub, repository } from './compiled.js';
import { type Scratch, scratch } from './scratch.js';
import { encryptionKeys } from './stub-broker.js';

/** Where brokers of the stub service run as processes of their own, on one store and one queue. */
export class StubProcesses {
  readonly platform = { user: 'platform', password: 'secret' };
  readonly scratch: Scratch;
  readonly store: Store;
  readonly #brokers = new Set<BrokerProcess>();

  /** @param own a store or a Redis of their own, instead of those that run */
  constructor(own: Parameters<typeof scratch>[0] = {}) {
    this.scratch = scratch(own);
    this.store = Store.open(this.scratch.storeUrl);
  }

  async start(environment: NodeJS.ProcessEnv = {}): Promise<BrokerProcess> {
    const broker = await BrokerProcess.start(
      {
        HOLDFAST_BASIC_AUTH: `${this.platform.user}:${this.platform.password}`,
        HOLDFAST_STORE_URL: this.scratch.storeUrl,
        HOLDFAST_REDIS_URL: this.scratch.redisUrl,
        HOLDFAST_ENCRYPTION_KEYS: encryptionKeys,
        HOLDFAST_CATALOG: join(repository, 'test', 'support', 'stub-catalog.yaml'),
        STUB_QUEUE_PREFIX: this.scratch.queuePrefix,
        ...environment,
      },
      compiledStub(),
    );
    this.#brokers.add(broker);
    return broker;
  }

  driver({ url }: BrokerProcess): BrokerDriver {
    return new BrokerDriver({ url, ...this.platform });
  }

  /** Ends what runs, and removes what it stored. */
  async end(): Promise<void> {
    await Promise.all([...this.#brokers].map((broker) => broker.kill()));
    await this.store.close();
    await this.scratch.remove();
  }
}
