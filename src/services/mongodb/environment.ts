import type { Cluster } from '../../kubernetes/cluster.js';
import type { UnopenedInstance } from '../service.js';
import type { MemberConnections } from './members/connections.js';
import { identityOf, type ReplicaSet } from './replica-set/replica-set.js';
import type { Template } from './template.js';

/** What the steps of all instances work with. */
export interface Environment {
  readonly cluster: Cluster;
  readonly connections: MemberConnections;
  readonly brokerId: string;
  /** The cluster's DNS domain, such as `cluster.local`. */
  readonly clusterDomain: string;
  /** Where the broker's pods run; `undefined` for a broker outside the cluster. */
  readonly brokerNamespace: string | undefined;
}

export const replicaSetName = 'rs0';

/** The replica set that an instance of topology `replica-set` is. */
export function replicaSetOf(
  instance: UnopenedInstance<Template>,
  environment: Pick<Environment, 'brokerId' | 'clusterDomain'>,
): ReplicaSet {
  return {
    instance: identityOf(instance, environment),
    name: replicaSetName,
    role: 'replica-set',
    members: instance.template.members,
    plan: instance.template,
  };
}

export const topicsOf = (namespace: string): readonly string[] => [`namespace:${namespace}`];
