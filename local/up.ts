import { runCli, say } from './cli.js';
import { up } from './environment.js';

/** Starts the local environment and prints it as lines that a shell can read. */
await runCli(async () => {
  const local = await up(process.env, (line) => process.stderr.write(`${line}\n`));
  const variables = {
    KUBECONFIG: local.kubeconfig,
    HOLDFAST_STORE_URL: local.storeUrl,
    HOLDFAST_REDIS_URL: local.redisUrl,
    HOLDFAST_ENCRYPTION_KEYS: local.encryptionKeys,
    HOLDFAST_BASIC_AUTH: local.basicAuth,
    HOLDFAST_CATALOG: process.env.HOLDFAST_CATALOG || local.catalog,
  };
  for (const [name, value] of Object.entries(variables)) if (value) say(`export ${name}='${value}'`);
  if (local.adminKubeconfig) say(`# administrator of the cluster: KUBECONFIG='${local.adminKubeconfig}'`);
});
