import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Broker } from '../../src/broker.js';
import { loadConfiguration } from '../../src/configuration.js';
import { createLogger } from '../../src/observability/logger.js';
import { serve } from '../../src/serve.js';
import type { RingKey } from '../../src/store/encryption.js';
import { BrokerDriver } from './broker-driver.js';
import { type Scratch, scratch } from './scratch.js';
import { StubService } from './stub-service.js';

/** Of all brokers of the stub service. */
export const encryptionKey: RingKey = { id: 'test', key: randomBytes(32) };
export const encryptionKeys = `${encryptionKey.id}:${encryptionKey.key.toString('base64')}`;

/** A broker of the stub service in this process: real HTTP, real store, real queue. */
export class StubBroker {
  private constructor(
    readonly service: StubService,
    readonly broker: Broker,
    readonly url: string,
    readonly driver: BrokerDriver,
    readonly scratch: Scratch,
    private readonly close: () => Promise<void>,
  ) {}

  /** @param beside another one, whose store and queue this one is to use too */
  static async start(environment: NodeJS.ProcessEnv = {}, beside?: StubBroker): Promise<StubBroker> {
    const place = beside?.scratch ?? scratch();
    const configuration = loadConfiguration({
      HOLDFAST_PORT: '0',
      HOLDFAST_BASIC_AUTH: 'platform:secret,other:secret',
      HOLDFAST_STORE_URL: place.storeUrl,
      HOLDFAST_REDIS_URL: place.redisUrl,
      HOLDFAST_ENCRYPTION_KEYS: encryptionKeys,
      HOLDFAST_CATALOG: fileURLToPath(new URL('./stub-catalog.yaml', import.meta.url)),
      HOLDFAST_DRAIN_SECONDS: '0',
      HOLDFAST_LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
      ...environment,
    });
    const log = createLogger(configuration.logLevel);
    const service = beside?.service ?? new StubService();
    const { queuePrefix } = place;
    const broker = await Broker.assemble({ configuration, log, createServices: () => [service], queuePrefix });
    broker.engine?.start();
    const served = await serve({ broker, configuration, checks: {}, log });
    const driver = new BrokerDriver({ url: served.url, user: 'platform', password: 'secret' });
    return new StubBroker(service, broker, served.url, driver, place, served.close);
  }

  /** How many jobs the queue holds. */
  async jobs(): Promise<number> {
    const counts = Object.values(await this.broker.countJobs());
    return counts.reduce((total, count) => total + count, 0);
  }

  async stop(): Promise<void> {
    await this.close();
    await this.broker.stop();
  }

  /** Stops it and removes what it stored. */
  async end(): Promise<void> {
    await this.stop();
    await this.scratch.remove();
  }
}
