import { up } from '../../../local/environment.js';
import { foldersOf } from '../../../local/folders.js';
import { importRouterImage } from '../router-image.js';

/** Starts what the suites need and the environment does not give; it is left running, as `npm start` leaves it. */
export default async function setup(): Promise<void> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const environment = await up(process.env, say);
  process.env.KUBECONFIG = environment.kubeconfig;
  process.env.HOLDFAST_STORE_URL = environment.storeUrl;
  process.env.HOLDFAST_REDIS_URL = environment.redisUrl;
  if (environment.adminKubeconfig) {
    process.env.TEST_ADMIN_KUBECONFIG = environment.adminKubeconfig;
    await importRouterImage(foldersOf(process.env), process.env, say);
  }
  if (environment.clusterDns) process.env.TEST_CLUSTER_DNS = environment.clusterDns;
  if (environment.catalog) process.env.HOLDFAST_CATALOG ??= environment.catalog;
}
