import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Broker } from './broker.js';
import { type Configuration, loadConfiguration } from './configuration.js';
import { KubernetesCluster } from './kubernetes/client.js';
import type { Kind } from './kubernetes/cluster.js';
import { loadKubeConfig } from './kubernetes/kube-config.js';
import { brokerLabel, managedBy, managedByLabel } from './kubernetes/labels.js';
import { ClusterWatch } from './kubernetes/watch.js';
import { createLogger, type Logger } from './observability/logger.js';
import type { Engine } from './operations/engine.js';
import { type Served, serve } from './serve.js';
import { removeOrphans, reportMissing } from './services/cluster-comparison.js';
import { createServices } from './services/registry.js';
import { stopOnSignals } from './signals.js';
import { StartError } from './start-error.js';
import { startTracing } from './tracing.js';

/** What waiting operations wait for: pods and their volumes, mostly. Never a Secret. */
const watchedKinds: readonly Kind[] = [
  { apiVersion: 'v1', kind: 'Namespace' },
  { apiVersion: 'v1', kind: 'Pod' },
  { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
];

/**
 * Starts the broker in the roles that the environment names, and stops it on SIGINT and SIGTERM.
 * What is wrong with the environment, the catalog or the store is told on standard error, and ends the process.
 */
export async function run(environment: NodeJS.ProcessEnv): Promise<{ readonly url: string }> {
  try {
    return await start(environment);
  } catch (error) {
    const lines = error instanceof StartError ? error.lines : [(error as Error).stack ?? String(error)];
    for (const line of lines) process.stderr.write(`${line}\n`);
    process.exit(1);
  }
}

async function start(environment: NodeJS.ProcessEnv): Promise<{ readonly url: string }> {
  const configuration = loadConfiguration(environment);
  const log = createLogger(configuration.logLevel);
  const endTracing = await startTracing(configuration, log);
  const { HOLDFAST_FAULT_POINTS: faultPoints } = environment;
  if (faultPoints) {
    log.warn({ folder: faultPoints }, 'fault points are on: this process kills itself where it is told to');
    (await import('./fault-points.js')).enableFaultPoints(faultPoints);
  }
  const cluster = new KubernetesCluster(kubeConfigOf(environment));
  const brokerNamespace = namespaceOfThisPod(environment);
  const broker = await Broker.assemble({
    configuration,
    log,
    createServices: (brokerId) =>
      createServices({
        cluster,
        brokerId,
        clusterDomain: configuration.clusterDomain,
        memberAccess: configuration.memberAccess,
        certificateDays: configuration.certificateDays,
        ...(brokerNamespace !== undefined && { brokerNamespace }),
      }),
    createTasks: (stored, brokerId) => [
      removeOrphans(cluster, stored, { brokerId, graceSeconds: configuration.orphanGraceSeconds }, log),
      reportMissing(cluster, stored, brokerId, log),
    ],
  });
  // Served before it works: a broker that cannot listen must not take work with it when it ends.
  const served = await listen(broker, configuration, cluster, log);
  const watch = broker.engine && watchFor(broker.engine, broker.identity, cluster, log);
  watch?.start();
  broker.engine?.start();
  log.info({ url: served.url, role: configuration.role, broker: broker.identity }, 'Holdfast is ready');
  const end = () => stop(served, watch, broker).finally(endTracing);
  stopOnSignals(end, configuration.drainSeconds + configuration.synchronousSeconds, log);
  return { url: served.url };
}

async function listen(
  broker: Broker,
  configuration: Configuration,
  cluster: KubernetesCluster,
  log: Logger,
): Promise<Served> {
  try {
    return await serve({
      broker,
      configuration,
      checks: { kubernetes: (signal) => cluster.ping(signal) },
      reviewToken: (token, audiences, signal) => cluster.reviewToken(token, audiences, signal),
      log,
    });
  } catch (error) {
    await broker.stop();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new StartError([
      `HOLDFAST_HOST and HOLDFAST_PORT: cannot listen on ${configuration.host}:${configuration.port}: ${message}`,
    ]);
  }
}

/** No more requests, then no more work, then no more connections. */
async function stop(served: Served, watch: ClusterWatch | undefined, broker: Broker): Promise<void> {
  await served.close();
  await watch?.stop();
  await broker.stop();
}

/** Each change in an instance's namespace is a hint for whatever operation waits there. */
function watchFor({ wakeups }: Engine, brokerId: string, cluster: KubernetesCluster, log: Logger): ClusterWatch {
  return new ClusterWatch(cluster, {
    kinds: watchedKinds,
    labels: { [managedByLabel]: managedBy, [brokerLabel]: brokerId },
    onChange: ({ namespace, name }) => wakeups.notify(`namespace:${namespace ?? name}`),
    onReconnect: () => wakeups.notifyAll(),
    log,
  });
}

function kubeConfigOf(environment: NodeJS.ProcessEnv) {
  try {
    return loadKubeConfig(environment);
  } catch (error) {
    throw new StartError([(error as Error).message]);
  }
}

/** Of the pod that we run in. */
function namespaceOfThisPod(environment: NodeJS.ProcessEnv): string | undefined {
  if (!environment.KUBERNETES_SERVICE_HOST) return undefined;
  try {
    return readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/namespace', 'utf8').trim();
  } catch {
    return undefined;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await run(process.env);
