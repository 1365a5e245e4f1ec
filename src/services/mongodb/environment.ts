import type { Cluster } from '../../kubernetes/cluster.js';
import type { MemberConnections } from './members/connections.js';
import type { OpenRoute } from './members/routes.js';

/** What the steps of all instances work with. */
export interface Environment {
  readonly cluster: Cluster;
  readonly connections: MemberConnections;
  readonly openRoute: OpenRoute;
  readonly brokerId: string;
  /** The cluster's DNS domain, such as `cluster.local`. */
  readonly clusterDomain: string;
  /** Where the broker's pods run; `undefined` for a broker outside the cluster. */
  readonly brokerNamespace: string | undefined;
}

export const topicsOf = (namespace: string): readonly string[] => [`namespace:${namespace}`];
