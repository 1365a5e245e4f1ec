import { up } from '../../../local/environment.js';

/** Starts what the suites need and the environment does not give; it is left running, as `npm start` leaves it. */
export default async function setup(): Promise<void> {
  const environment = await up(process.env, (line) => process.stderr.write(`${line}\n`));
  process.env.KUBECONFIG = environment.kubeconfig;
  process.env.HOLDFAST_STORE_URL = environment.storeUrl;
  process.env.HOLDFAST_REDIS_URL = environment.redisUrl;
  if (environment.adminKubeconfig) process.env.TEST_ADMIN_KUBECONFIG = environment.adminKubeconfig;
  if (environment.clusterDns) process.env.TEST_CLUSTER_DNS = environment.clusterDns;
  if (environment.catalog) process.env.HOLDFAST_CATALOG ??= environment.catalog;
}
