import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureCluster } from './cluster/cluster.js';
import { clusterPaths, layout } from './cluster/layout.js';
import { type Folders, foldersOf } from './folders.js';
import { mongodbRoot, mongodbRootPath } from './images/mongodb-root.js';
import { LocalError } from './local-error.js';
import { withLock } from './lock.js';
import { ensurePackages, type Needed, needed } from './packages.js';
import { phase, type Say } from './phase.js';
import { markedProcesses } from './processes.js';
import { ensureRedis, redisUrl } from './redis.js';
import { type Secrets, secretsOf } from './secrets.js';
import { demandSole } from './sole.js';
import { ensureStore, storeUrl } from './store.js';
import { together } from './together.js';

/** What the broker needs to run: given from outside, or of this machine. */
export interface LocalEnvironment {
  readonly kubeconfig: string;
  /** Of the embedded cluster only. */
  readonly adminKubeconfig: string | undefined;
  readonly storeUrl: string;
  readonly redisUrl: string;
  readonly encryptionKeys: string;
  readonly basicAuth: string;
  /** Address and port of the embedded cluster's DNS, reachable from this machine. */
  readonly clusterDns: string | undefined;
  readonly catalog: string | undefined;
}

/** Makes everything run that is not given by the environment: quick when it runs already. */
export async function up(environment: NodeJS.ProcessEnv, say: Say): Promise<LocalEnvironment> {
  const folders = foldersOf(environment);
  const { KUBECONFIG, HOLDFAST_STORE_URL, HOLDFAST_REDIS_URL } = environment;
  if (!KUBECONFIG || !HOLDFAST_STORE_URL || !HOLDFAST_REDIS_URL) demandMachine();
  return withLock(say, async () => {
    demandSole(folders, markedProcesses());
    const secrets = secretsOf(folders);
    const packages = packagesFor(environment, existsSync(mongodbRootPath(folders)));
    if (packages.length > 0) await phase(say, 'packages', () => ensurePackages(folders, packages));
    const parts: Promise<unknown>[] = [];
    if (!KUBECONFIG) parts.push(ensureCluster(folders, environment, say));
    if (!HOLDFAST_STORE_URL) parts.push(startStore(folders, secrets, say));
    if (!HOLDFAST_REDIS_URL) parts.push(startRedis(folders, secrets, say));
    await together(parts);
    return {
      ...(KUBECONFIG ? given(KUBECONFIG) : embedded(folders)),
      storeUrl: HOLDFAST_STORE_URL || storeUrl(secrets.storePassword),
      redisUrl: HOLDFAST_REDIS_URL || redisUrl(secrets.redisPassword),
      encryptionKeys: environment.HOLDFAST_ENCRYPTION_KEYS || `local:${secrets.encryptionKey}`,
      basicAuth: environment.HOLDFAST_BASIC_AUTH || `platform:${secrets.platformPassword}`,
    };
  });
}

/** Only what is needed for what is not given. */
export function packagesFor(environment: NodeJS.ProcessEnv, hasRoot: boolean): Needed[] {
  const { KUBECONFIG, HOLDFAST_STORE_URL, HOLDFAST_REDIS_URL } = environment;
  return [
    ...(KUBECONFIG ? [] : needed.cluster),
    ...(HOLDFAST_REDIS_URL ? [] : needed.redis),
    ...(hasRoot || (KUBECONFIG && HOLDFAST_STORE_URL) ? [] : needed.rootFileSystem),
  ];
}

type ClusterPart = Pick<LocalEnvironment, 'kubeconfig' | 'adminKubeconfig' | 'clusterDns' | 'catalog'>;

function given(kubeconfig: string): ClusterPart {
  return { kubeconfig, adminKubeconfig: undefined, clusterDns: undefined, catalog: undefined };
}

function embedded(folders: Folders): ClusterPart {
  const paths = clusterPaths(folders);
  return {
    kubeconfig: paths.brokerKubeconfig,
    adminKubeconfig: paths.adminKubeconfig,
    clusterDns: `${layout.dnsIp}:53`,
    catalog: join(folders.repository, 'local', 'catalog.yaml'),
  };
}

function demandMachine(): void {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new LocalError(
      `the local environment runs on Linux on x86-64 only (this is ${process.platform} on ${process.arch}): ` +
        'set KUBECONFIG, HOLDFAST_STORE_URL and HOLDFAST_REDIS_URL to use your own',
    );
  }
  if (process.getuid?.() !== 0) {
    throw new LocalError(
      'the local environment runs containers and needs root: start it with sudo, or set KUBECONFIG, HOLDFAST_STORE_URL and HOLDFAST_REDIS_URL to use your own',
    );
  }
}

async function startStore(folders: Folders, secrets: Secrets, say: Say): Promise<void> {
  await phase(say, 'store', async () => {
    const { root } = await mongodbRoot(folders, say);
    return (await ensureStore(folders, secrets, root)) === 'reuse' ? 'already running' : 'mongod started';
  });
}

async function startRedis(folders: Folders, secrets: Secrets, say: Say): Promise<void> {
  await phase(say, 'queue', async () => {
    return (await ensureRedis(folders, secrets)) === 'reuse' ? 'already running' : 'Redis started';
  });
}
