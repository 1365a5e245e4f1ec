import { randomBytes } from 'node:crypto';
import { CoreV1Api, KubeConfig, type V1Pod, type V1Secret, type V1Service } from '@kubernetes/client-node';
import { stringify } from 'yaml';
import { type Chart, localValues, prepareChart } from '../../local/chart.js';
import { layout } from '../../local/cluster/layout.js';
import { foldersOf } from '../../local/folders.js';
import { readSource } from '../../src/catalog/source.js';
import type { Manifest } from '../../src/kubernetes/cluster.js';
import { plain } from '../../src/yaml/located.js';
import { admin, inNamespace, kinds, never } from './admin-cluster.js';
import { eventually } from './eventually.js';
import { required } from './scratch.js';
import { TcpRelay } from './tcp-relay.js';

/** The embedded cluster has the broker's image and its chart can be installed there. */
export const canInstall = () => process.env.TEST_CHART === 'prepared';

export const chart = (): Promise<Chart> => prepareChart(foldersOf(process.env), process.env, () => {});

const service = { apiVersion: 'v1', kind: 'Service' } as const;
const release = 'holdfast';

export interface InstalledOptions {
  readonly storeUrl: string;
  readonly redisUrl: string;
  readonly encryptionKeys: string;
  readonly basicAuth: string;
  /** Path of a catalog file on this machine. */
  readonly catalog: string;
  /** More variables of its containers. */
  readonly environment: NodeJS.ProcessEnv;
  /** Over what is the same for all tests. */
  readonly values?: object;
}

/** A broker that the chart installed, in a namespace of its own: its pods reach the store and Redis of this machine. */
export class InstalledBroker {
  #url = '';

  private constructor(
    readonly namespace: string,
    readonly chart: Chart,
    private readonly values: object,
    private readonly relays: readonly TcpRelay[],
  ) {}

  static async install(options: InstalledOptions): Promise<InstalledBroker> {
    const namespace = `broker-${randomBytes(5).toString('hex')}`;
    const prepared = await chart();
    const [store, redis] = await Promise.all([relayTo(options.storeUrl), relayTo(options.redisUrl)]);
    await admin.apply({ ...kinds.namespace, metadata: { name: namespace, labels: restricted } } as Manifest, never);
    await admin.apply(secretOf(namespace, options, store.address, redis.address), never);
    const broker = new InstalledBroker(namespace, prepared, valuesOf(options), [store, redis]);
    try {
      await broker.upgrade(prepared);
      return broker;
    } catch (error) {
      const said = await broker.logs();
      await broker.remove();
      throw new Error(`${(error as Error).message}\n${said.slice(-2_000)}`);
    }
  }

  /** Installs, or goes over to another chart or image; ready when this returns. */
  async upgrade({ helm, folder, tag }: Chart): Promise<void> {
    const given = stringify({ ...localValues(tag), ...this.values });
    const how = ['--namespace', this.namespace, '--values', '-', '--wait', '--timeout', '3m'];
    await helm(given, 'upgrade', '--install', release, folder, ...how);
    const { spec } = (await admin.read<V1Service>(service, { namespace: this.namespace, name: release }, never)) ?? {};
    this.#url = `http://${spec?.clusterIP}`;
  }

  /** Of its Service: reached from this machine too. */
  get url(): string {
    return this.#url;
  }

  async pods(role?: 'api' | 'worker'): Promise<readonly V1Pod[]> {
    const pods = await inNamespace<V1Pod>(kinds.pod, this.namespace);
    return role === undefined
      ? pods
      : pods.filter(({ metadata }) => metadata?.labels?.['app.kubernetes.io/component'] === role);
  }

  /** What all of its pods wrote that are still there. */
  async logs(): Promise<string> {
    const config = new KubeConfig();
    config.loadFromFile(required('TEST_ADMIN_KUBECONFIG'));
    const api = config.makeApiClient(CoreV1Api);
    const texts = (await this.pods()).map(async ({ metadata }) => {
      const name = metadata?.name ?? '';
      return await api.readNamespacedPodLog({ namespace: this.namespace, name }).catch(() => '');
    });
    return (await Promise.all(texts)).join('\n');
  }

  /** Ends when its pods have: by itself, Helm waits for no more than the Deployments. */
  async uninstall(): Promise<string> {
    const how = ['--namespace', this.namespace, '--wait', '--cascade', 'foreground', '--timeout', '3m'];
    return await this.chart.helm('', 'uninstall', release, ...how);
  }

  /** With its namespace, whatever is left of it. */
  async remove(): Promise<void> {
    await this.chart.helm('', 'uninstall', release, '--namespace', this.namespace, '--ignore-not-found');
    const pods = await this.pods();
    const now = { gracePeriodSeconds: 1 };
    for (const { metadata } of pods) {
      await admin.remove(kinds.pod, { namespace: this.namespace, name: metadata?.name ?? '' }, never, now);
    }
    await admin.remove(kinds.namespace, { name: this.namespace }, never);
    await eventually(async () => (await this.pods()).length === 0, 30_000);
    await Promise.all(this.relays.map((relay) => relay.refuse()));
  }
}

const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };

function valuesOf({ catalog, environment, values }: InstalledOptions): object {
  return {
    secrets: Object.fromEntries(Object.entries(keys).map(([what, key]) => [what, { name: 'broker', key }])),
    catalog: stringify(plain(readSource(catalog))),
    environment,
    api: { replicas: 1 },
    worker: { replicas: 1 },
    drainSeconds: 0,
    ...values,
  };
}

const keys = { store: 'store-url', redis: 'redis-url', encryptionKeys: 'encryption-keys', basicAuth: 'basic-auth' };

function secretOf(namespace: string, options: InstalledOptions, store: string, redis: string): V1Secret & Manifest {
  return {
    ...kinds.secret,
    metadata: { namespace, name: 'broker' },
    stringData: {
      [keys.store]: memberUrl(options.storeUrl, store),
      [keys.redis]: withHost(options.redisUrl, redis),
      [keys.encryptionKeys]: options.encryptionKeys,
      [keys.basicAuth]: options.basicAuth,
    },
  };
}

/** The store's set knows its member by an address that pods cannot reach. */
function memberUrl(storeUrl: string, host: string): string {
  const url = new URL(withHost(storeUrl, host));
  url.searchParams.delete('replicaSet');
  url.searchParams.set('directConnection', 'true');
  return url.href;
}

function withHost(href: string, host: string): string {
  const url = new URL(href);
  url.host = host;
  return url.href;
}

/** On the node's address, which pods reach and nobody outside. */
async function relayTo(href: string): Promise<TcpRelay> {
  const { hostname, port } = new URL(href);
  return await TcpRelay.start({ host: hostname, port: Number(port) }, layout.nodeIp);
}
