import type { LocalEnvironment } from './environment.js';

/** What is not set is taken from the local environment; what is set stays as it is. */
export function withDefaults(environment: NodeJS.ProcessEnv, local: LocalEnvironment): NodeJS.ProcessEnv {
  const defaults: NodeJS.ProcessEnv = {
    KUBECONFIG: local.kubeconfig,
    HOLDFAST_STORE_URL: local.storeUrl,
    HOLDFAST_REDIS_URL: local.redisUrl,
    // Nobody balances requests here.
    HOLDFAST_DRAIN_SECONDS: '0',
    HOLDFAST_ENCRYPTION_KEYS: local.encryptionKeys,
    ...(environment.HOLDFAST_BASIC_AUTH_FILE ? {} : { HOLDFAST_BASIC_AUTH: local.basicAuth }),
    ...(local.catalog === undefined ? {} : { HOLDFAST_CATALOG: local.catalog }),
  };
  const set = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '');
  return { ...defaults, ...Object.fromEntries(set) };
}
