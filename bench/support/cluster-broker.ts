import { pathToFileURL } from 'node:url';
import { MongoClient } from 'mongodb';
import type { OperationRecord, ServiceInstanceRecord } from '../../src/store/records.js';
import { BrokerDriver, type Sold } from '../../test/support/broker-driver.js';
import { BrokerProcess } from '../../test/support/broker-process.js';
import { clusterLookup } from '../../test/support/cluster-dns.js';
import { compiledPreload } from '../../test/support/compiled.js';
import { required, scratch } from '../../test/support/scratch.js';
import { hasStandIns, shardedCatalog } from '../../test/support/sharded-catalog.js';

const user = 'bench';
const password = 'secret';

/** Of an operation: when each of its steps was done, in milliseconds since a moment. */
export type StepEnds = Readonly<Record<string, number>>;

/**
 * A broker of one process with the cluster, on a store and a queue of its own. It reaches members as a broker in the
 * cluster does, without a tunnel through the API server.
 */
export class ClusterBroker {
  private constructor(
    readonly driver: BrokerDriver,
    readonly identity: string,
    private readonly store: MongoClient,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(environment: NodeJS.ProcessEnv = {}): Promise<ClusterBroker> {
    const place = scratch();
    const catalog = shardedCatalog();
    const broker = await BrokerProcess.start({
      KUBECONFIG: process.env.KUBECONFIG,
      HOLDFAST_CATALOG: catalog.file,
      HOLDFAST_STORE_URL: place.storeUrl,
      HOLDFAST_REDIS_URL: place.redisUrl,
      HOLDFAST_BASIC_AUTH: `${user}:${password}`,
      HOLDFAST_ENCRYPTION_KEYS: `bench:${Buffer.alloc(32, 'bench').toString('base64')}`,
      HOLDFAST_MEMBER_ACCESS: 'direct',
      NODE_OPTIONS: `--import ${pathToFileURL(compiledPreload('as-a-pod')).href}`,
      TEST_CLUSTER_DNS: required('TEST_CLUSTER_DNS'),
      ...environment,
    });
    const store = new MongoClient(place.storeUrl);
    const driver = new BrokerDriver({ url: broker.url, user, password });
    return new ClusterBroker(driver, broker.identity, store, async () => {
      await store.close();
      await broker.terminate();
      await place.remove();
      catalog.remove();
    });
  }

  async stop(): Promise<void> {
    await this.end();
  }

  /** @param everyMilliseconds how often last_operation is asked */
  async succeed(id: string, everyMilliseconds = 100): Promise<void> {
    const { state, description } = await this.driver.poll(id, { seconds: 600, everyMilliseconds });
    if (state !== 'succeeded') throw new Error(`${id}: ${description}`);
  }

  /** With what a platform got, and nothing else. */
  async write(credentials: Readonly<Record<string, unknown>>): Promise<void> {
    await writeAsApp(String(credentials.uri), String(credentials.ca_certificate));
  }

  async deprovision(id: string, sold: Sold): Promise<void> {
    await this.driver.deprovision(id, sold);
    await this.succeed(id);
  }

  async stepEnds(operation: string, since: number): Promise<StepEnds> {
    const record = await this.store.db().collection<OperationRecord>('operations').findOne({ _id: operation });
    const steps = Object.entries(record?.steps ?? {});
    return Object.fromEntries(steps.map(([key, { endedAt }]) => [key, endedAt.getTime() - since]));
  }

  /** What the store has of an instance. */
  async record(instanceId: string): Promise<ServiceInstanceRecord> {
    const instances = this.store.db().collection<ServiceInstanceRecord>('service_instances');
    const record = await instances.findOne({ instanceId, living: true });
    if (!record) throw new Error(`the store has no instance ${instanceId}`);
    return record;
  }
}

/** A write that a majority of the members has, as the connection string says. */
export async function writeAsApp(uri: string, ca: string): Promise<void> {
  const client = new MongoClient(uri, { ca, lookup: clusterLookup() });
  try {
    await client.db().collection('bench').insertOne({ written: new Date() });
  } finally {
    await client.close();
  }
}

export const routersAre = hasStandIns ? 'stand-ins of routers' : 'real routers';
