import type { Cluster } from '../kubernetes/cluster.js';

/** What services are made of. */
export interface ServiceParts {
  readonly cluster: Cluster;
  /** Written on every object, so that several brokers can share a cluster. */
  readonly brokerId: string;
  readonly clusterDomain: string;
  readonly memberAccess: 'direct' | 'tunnel';
  /** How long the certificates of servers are valid, in days. */
  readonly certificateDays: number;
  /** The namespace that the broker itself runs in, where it runs in the cluster. */
  readonly brokerNamespace?: string;
}
