import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { clusterLookup } from './cluster-dns.js';

/*
 * Loaded before a broker's own program (`--import`): it finds the cluster's names as a pod does, and so reaches members
 * straight (HOLDFAST_MEMBER_ACCESS=direct) from the host, whose network leads to the pods of this machine.
 */
const asUsual = dns.lookup;
const asPods = clusterLookup();

const lookup = (name: string, ...rest: unknown[]): void => {
  const answer = rest.at(-1) as Parameters<typeof asPods>[2];
  const options = typeof rest[0] === 'object' && rest[0] !== null ? rest[0] : {};
  if (name.endsWith('.svc.cluster.local')) asPods(name, options, answer);
  else (asUsual as (name: string, ...rest: unknown[]) => void)(name, ...rest);
};
dns.lookup = Object.assign(lookup, { __promisify__: asUsual.__promisify__ });
syncBuiltinESMExports();
