import { randomBytes } from 'node:crypto';
import { openAuditKey } from '../../src/store/audit-keys.js';
import { KeyRing } from '../../src/store/encryption.js';
import { Store } from '../../src/store/store.js';
import { BrokerDriver } from '../../test/support/broker-driver.js';
import { BrokerProcess } from '../../test/support/broker-process.js';
import { addCopies, type Sample, samplesOf } from '../../test/support/instance-copies.js';
import { required } from '../../test/support/scratch.js';
import type { OwnServers } from '../support/own-servers.js';

const offering = { name: 'mongodb', plan: 'developer' };

/** An api and a worker on the cluster, with a store and a Redis of their own. */
export class Site {
  private constructor(
    private readonly servers: OwnServers,
    private readonly store: Store,
    private readonly ring: KeyRing,
    private readonly brokers: { readonly api: BrokerProcess; readonly worker: BrokerProcess },
    private readonly samples: readonly Sample[],
  ) {}

  /** An instance was made, copied and deleted again when this returns. */
  static async make(servers: OwnServers): Promise<Site> {
    const key = { id: 'bench', key: randomBytes(32) };
    const environment = {
      KUBECONFIG: required('KUBECONFIG'),
      HOLDFAST_CATALOG: required('HOLDFAST_CATALOG'),
      HOLDFAST_STORE_URL: servers.urls.storeUrl,
      HOLDFAST_REDIS_URL: servers.urls.redisUrl,
      HOLDFAST_ENCRYPTION_KEYS: `${key.id}:${key.key.toString('base64')}`,
      HOLDFAST_BASIC_AUTH: 'bench:secret',
    };
    const api = await BrokerProcess.start({ ...environment, HOLDFAST_ROLE: 'api' });
    const worker = await BrokerProcess.start({ ...environment, HOLDFAST_ROLE: 'worker' });
    const store = Store.open(servers.urls.storeUrl);
    const driver = new BrokerDriver({ url: api.url, user: 'bench', password: 'secret' });
    const sold = await driver.sold(offering.name, offering.plan);
    const end = async (what: string) => {
      const { state, description } = await driver.poll('sample', { seconds: 120 });
      if (state !== 'succeeded') throw new Error(`${what} failed: ${description}`);
    };
    await driver.provision('sample', sold);
    await end('provision');
    const samples = await samplesOf(store, 'sample');
    await driver.deprovision('sample', sold);
    await end('deprovision');
    return new Site(servers, store, new KeyRing([key]), { api, worker }, samples);
  }

  async add(instances: number): Promise<void> {
    const audit = await openAuditKey(this.store, this.ring);
    await addCopies(this.store, { ring: this.ring, audit }, this.samples, instances, {
      name: (number) => `i-${number}`,
      age: (number) => number,
    });
  }

  get pids(): Readonly<Record<string, number>> {
    const { api, worker } = this.brokers;
    const { store, redis } = this.servers;
    return { api: api.pid, worker: worker.pid, store: store.pid, Redis: redis.pid };
  }

  freeze(): void {
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    this.#signal('SIGCONT');
  }

  #signal(signal: NodeJS.Signals): void {
    for (const { pid } of Object.values(this.brokers)) process.kill(pid, signal);
  }

  async end(): Promise<void> {
    await this.store.close();
    await Promise.all(Object.values(this.brokers).map((broker) => broker.kill()));
  }
}
