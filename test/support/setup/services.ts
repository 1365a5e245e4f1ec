import { up } from '../../../local/environment.js';

/** Starts the store and Redis where the environment does not give them. These suites need no cluster. */
export default async function setup(): Promise<void> {
  const environment = await up({ ...process.env, KUBECONFIG: 'none' }, (line) => process.stderr.write(`${line}\n`));
  process.env.HOLDFAST_STORE_URL = environment.storeUrl;
  process.env.HOLDFAST_REDIS_URL = environment.redisUrl;
}
