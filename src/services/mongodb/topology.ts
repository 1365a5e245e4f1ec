import type { Manifest } from '../../kubernetes/cluster.js';
import type { Stage } from '../../operations/step.js';
import type { Instance, Keep } from '../service.js';
import type { Environment } from './environment.js';
import type { MemberAddress } from './members/routes.js';
import type { ReplicaSet } from './replica-set/replica-set.js';
import type { Restart } from './replica-set/restart.js';
import type { SecurityContext } from './replica-set/server-pod.js';
import type { Configurable } from './replica-set/server-settings.js';
import { replicaSetTopology } from './replica-set/topology.js';
import type { InstanceSecrets } from './secrets.js';
import { type Shape, shapeOf } from './shape.js';
import { shardedClusterTopology } from './sharded-cluster/topology.js';
import type { Template } from './template.js';

/** What the procedures of all instances need to know of how one is built. */
export interface Topology extends Configurable {
  readonly shape: Shape;
  readonly sets: readonly ReplicaSet[];
  /** All members, and all routers. */
  readonly servers: readonly MemberAddress[];
  /** What the pods need before they start, besides what all instances have. */
  readonly manifests: readonly Manifest[];
  readonly routers: (security: SecurityContext) => readonly Manifest[];
  /** From applied objects to what apps can use; where all is there already, to the same. */
  bringUp(): readonly Stage[];
  /** Before the settings, an update also brings about what has changed of the size. */
  resize(keep: Keep): readonly Stage[];
  /** Has the servers that are due start anew, so that apps can go on meanwhile. */
  readonly restart: (restart: Restart) => readonly Stage[];
}

export function topologyOf(environment: Environment, instance: Instance<Template, InstanceSecrets>): Topology {
  const shape = shapeOf(instance, environment);
  return shape.topology === 'replica-set'
    ? replicaSetTopology(environment, shape, instance.secrets)
    : shardedClusterTopology(environment, shape, instance);
}
