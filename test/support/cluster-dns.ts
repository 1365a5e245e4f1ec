import { type LookupAddress, Resolver } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { required } from './scratch.js';

/** Finds names as a pod does, for a process on the host: by the cluster's own DNS. */
export function clusterLookup(): LookupFunction {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([required('TEST_CLUSTER_DNS')]);
  return (name, options, answer) => {
    const { all } = options;
    resolver.resolve4(name, (error, found = []) => {
      const addresses: LookupAddress[] = found.map((address) => ({ address, family: 4 }));
      const [first] = addresses;
      if (error || !first) answer(error ?? new Error(`${name} has no address`), '');
      else if (all) answer(null, addresses);
      else answer(null, first.address, first.family);
    });
  };
}
