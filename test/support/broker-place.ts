import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { type Db, MongoClient } from 'mongodb';
import { KeyRing } from '../../src/store/encryption.js';
import type { ServiceInstanceRecord } from '../../src/store/records.js';
import { admin, inNamespace, kinds, madeBy, never } from './admin-cluster.js';
import { BrokerDriver } from './broker-driver.js';
import { BrokerProcess } from './broker-process.js';
import { canInstall, InstalledBroker } from './installed-broker.js';
import { leakedSecrets } from './leaks.js';
import { required, type Scratch, scratch } from './scratch.js';
import { StoreWatch } from './store-watch.js';

const deleteSeconds = 90;
/** At once: the ends of a hundred members leave this machine's store no time to answer. */
const mostDeletes = 8;

/**
 * Where the brokers of one suite run: a store and a queue of their own, in the cluster that all share. Closing it leaves
 * nothing of them, and fails where one of them wrote a secret to its log, or to the store as it is.
 */
export class BrokerPlace {
  readonly platform = { user: 'platform', password: randomBytes(16).toString('hex') };
  readonly #encryptionKey = randomBytes(32);
  /** With what is special about the environment of each. */
  readonly #brokers = new Map<BrokerProcess, NodeJS.ProcessEnv>();
  readonly #installed: InstalledBroker[] = [];
  /** What the pods wrote of those that the chart installed. */
  #podLogs = '';

  private constructor(
    readonly scratch: Scratch,
    private readonly client: MongoClient,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  #watch: StoreWatch | undefined;

  /**
   * @param over a store or a Redis of the test's own, instead of those that all share
   * @param environment what is special about the environment of all brokers here
   */
  static async open(
    over: Parameters<typeof scratch>[0] = {},
    environment: NodeJS.ProcessEnv = {},
  ): Promise<BrokerPlace> {
    const own = scratch(over);
    const place = new BrokerPlace(own, new MongoClient(own.storeUrl), environment);
    place.#watch = await StoreWatch.start(place.store, new KeyRing([{ id: 'test', key: place.#encryptionKey }]));
    return place;
  }

  /** Of those that the chart installed, the first. */
  get installedBroker(): InstalledBroker {
    const [first] = this.#installed;
    if (!first) throw new Error('none is installed here');
    return first;
  }

  get store(): Db {
    return this.client.db();
  }

  get watch(): StoreWatch {
    if (!this.#watch) throw new Error('the place is not open');
    return this.#watch;
  }

  /** A broker, beside those that run here already. */
  async start(environment: NodeJS.ProcessEnv = {}): Promise<BrokerProcess> {
    const broker = await BrokerProcess.start({
      KUBECONFIG: required('KUBECONFIG'),
      HOLDFAST_CATALOG: required('HOLDFAST_CATALOG'),
      HOLDFAST_STORE_URL: this.scratch.storeUrl,
      HOLDFAST_REDIS_URL: this.scratch.redisUrl,
      HOLDFAST_ENCRYPTION_KEYS: `test:${this.#encryptionKey.toString('base64')}`,
      HOLDFAST_BASIC_AUTH: `${this.platform.user}:${this.platform.password}`,
      HOLDFAST_LOG_LEVEL: 'trace',
      ...this.environment,
      ...environment,
    });
    this.#brokers.set(broker, environment);
    return broker;
  }

  /**
   * A broker that the chart installs, in pods, under the account and the rights that it gives them; on a cluster of
   * somebody else, where its image is not, a process beside it.
   * @param values of the chart, over those that all tests have
   */
  async install(environment: NodeJS.ProcessEnv = {}, values: object = {}): Promise<BrokerDriver> {
    if (!canInstall()) return this.driver(await this.start(environment));
    const { HOLDFAST_CATALOG: catalog = required('HOLDFAST_CATALOG'), ...others } = {
      ...this.environment,
      ...environment,
    };
    const installed = await InstalledBroker.install({
      storeUrl: this.scratch.storeUrl,
      redisUrl: this.scratch.redisUrl,
      encryptionKeys: `test:${this.#encryptionKey.toString('base64')}`,
      basicAuth: `${this.platform.user}:${this.platform.password}`,
      catalog,
      environment: { HOLDFAST_LOG_LEVEL: 'trace', ...others },
      values,
    });
    this.#installed.push(installed);
    return this.driver(installed);
  }

  driver(broker: Pick<BrokerProcess, 'url'>): BrokerDriver {
    return new BrokerDriver({ url: broker.url, ...this.platform });
  }

  /** Internal id and namespace of the living instance of a platform's id. */
  async instance(instanceId: string): Promise<{ readonly id: string; readonly namespace: string }> {
    const record = await this.#instances.findOne({ instanceId, living: true });
    if (!record) throw new Error(`the store has no instance ${instanceId}`);
    return { id: record._id, namespace: `m-${record._id}` };
  }

  /** The ids of the queue's jobs, in whichever state they are. */
  async jobs(): Promise<readonly string[]> {
    const prefix = `${await this.#queuePrefix()}:operations:op-`;
    return (await this.#redisKeys(`${prefix}*`)).map((key) => key.slice(prefix.length - 'op-'.length));
  }

  async close(): Promise<void> {
    try {
      await this.#deprovisionAll();
      await Promise.all([...this.#brokers.keys()].map((broker) => broker.terminate()));
    } finally {
      await Promise.all([...this.#brokers.keys()].map((broker) => broker.kill()));
      for (const installed of this.#installed) {
        this.#podLogs += await installed.logs();
        await installed.remove();
      }
      await this.#removeNamespaces();
      await this.#removeJobs();
    }
    await this.watch.stop();
    const leaks = [...(await this.#leaks())];
    await this.client.close();
    await this.scratch.remove();
    if (leaks.length > 0) throw new Error(`secrets are where they must not be: ${leaks.join('; ')}`);
  }

  get #instances() {
    return this.store.collection<ServiceInstanceRecord>('service_instances');
  }

  async #deprovisionAll(): Promise<void> {
    const living = await this.#instances.find({ living: true }).toArray();
    if (living.length === 0) return;
    const driver = this.driver(this.#installed[0] ?? (await this.#ordinary()) ?? (await this.start()));
    const lane = async () => {
      for (let next = living.pop(); next; next = living.pop()) {
        const { instanceId, serviceId, planId } = next;
        await driver.deprovision(instanceId, { service_id: serviceId, plan_id: planId });
        const { state, description } = await driver.poll(instanceId, { seconds: deleteSeconds });
        if (state !== 'succeeded') throw new Error(`${instanceId} was not deprovisioned: ${description}`);
      }
    };
    await Promise.all(Array.from({ length: mostDeletes }, lane));
  }

  /** A broker that runs, and lacks nothing; the others end. */
  async #ordinary(): Promise<BrokerProcess | undefined> {
    const running = [...this.#brokers].filter(([broker]) => !broker.hasEnded);
    const [ordinary] = running.find(([, environment]) => Object.keys(environment).length === 0) ?? [];
    await Promise.all(running.map(async ([broker]) => broker !== ordinary && broker.terminate()));
    return ordinary;
  }

  async #removeNamespaces(): Promise<void> {
    const identity = await this.#identity();
    if (identity === undefined) return;
    for (const made of await madeBy(identity, kinds.namespace)) {
      const namespace = made.slice(1);
      for (const { metadata } of await inNamespace(kinds.pod, namespace)) {
        const address = { namespace, name: metadata?.name ?? '' };
        await admin.remove(kinds.pod, address, never, { gracePeriodSeconds: 1 });
      }
      await admin.remove(kinds.namespace, { name: namespace }, never);
    }
  }

  async *#secretTexts(): AsyncGenerator<readonly [string, string]> {
    for (const broker of this.#brokers.keys()) yield [`log of process ${broker.pid}`, broker.output.join('\n')];
    yield ['log of the pods', this.#podLogs];
    for (const { collectionName } of await this.store.collections()) {
      const documents = await this.store.collection(collectionName).find().toArray();
      yield [`store's ${collectionName}`, JSON.stringify(documents)];
    }
  }

  async #leaks(): Promise<Set<string>> {
    const { storeUrl, redisUrl } = this.scratch;
    const secrets = new Map([
      ...this.watch.secrets,
      ['the encryption key', this.#encryptionKey.toString('base64')],
      ["the platform's password", this.platform.password],
      ["the store's password", new URL(storeUrl).password],
      ["the queue's password", new URL(redisUrl).password],
    ]);
    const found = new Set<string>();
    for await (const [place, text] of this.#secretTexts()) {
      for (const name of leakedSecrets(text, secrets)) found.add(`${name} in the ${place}`);
    }
    return found;
  }

  async #identity(): Promise<string | undefined> {
    const record = await this.store.collection('identity').findOne();
    return record ? String(record.identity) : undefined;
  }

  async #queuePrefix(): Promise<string> {
    return `holdfast-${await this.#identity()}`;
  }

  async #removeJobs(): Promise<void> {
    const keys = await this.#redisKeys(`${await this.#queuePrefix()}:*`);
    if (keys.length > 0) await this.#redis((redis) => redis.del(...keys));
  }

  async #redisKeys(pattern: string): Promise<readonly string[]> {
    return await this.#redis((redis) => redis.keys(pattern));
  }

  async #redis<Result>(work: (redis: Redis) => Promise<Result>): Promise<Result> {
    const redis = new Redis(this.scratch.redisUrl);
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }
}
