import type { Environment } from '../../../../src/services/mongodb/environment.js';
import { identityOf } from '../../../../src/services/mongodb/replica-set/replica-set.js';
import type { InstanceSecrets } from '../../../../src/services/mongodb/secrets.js';
import { singleReplicaSetOf } from '../../../../src/services/mongodb/shape.js';
import { shardedClusterOf } from '../../../../src/services/mongodb/sharded-cluster/sharded-cluster.js';
import {
  type ReplicaSetTemplate,
  type ShardedClusterTemplate,
  templateSchema,
} from '../../../../src/services/mongodb/template.js';
import type { Instance, JsonObject } from '../../../../src/services/service.js';

/** Of procedures that find out nothing. */
export const keepNothing = async (): Promise<void> => undefined;

export const plan = {
  topology: 'replica-set',
  members: 3,
  version: '6.0.27',
  versions: { '6.0.27': 'mongo:6.0.27' },
  readinessImage: 'holdfast/mongodb-readiness:1',
  cpu: '500m',
  memory: '2Gi',
  storage: '10Gi',
};

/** How apps outside of the cluster reach an instance. */
export const exposed = { exposure: 'node-port', outside: { domain: 'db.example.com' } };

export const template = templateSchema.parse(plan) as ReplicaSetTemplate;

export const shardedPlan = {
  ...plan,
  topology: 'sharded-cluster',
  shards: 2,
  configServers: { members: 3, cpu: '250m', memory: '1Gi', storage: '5Gi' },
  routers: { count: 2, cpu: '250m', memory: '512Mi' },
};

export const shardedTemplate = templateSchema.parse(shardedPlan) as ShardedClusterTemplate;

export const environment: Pick<Environment, 'brokerId' | 'clusterDomain'> = {
  brokerId: 'b1',
  clusterDomain: 'cluster.local',
};

/** Secrets that are the same in each run. */
export const secrets: InstanceSecrets = {
  keyFile: 'a2V5RmlsZQ==',
  adminPassword: 'admin-password',
  authority: { certificate: 'the CA certificate\n', key: 'the CA key\n' },
  member: { certificate: 'the member certificate\n', key: 'the member key\n' },
};

export const instance: Instance<typeof template, InstanceSecrets> = {
  id: 'abcdefghij0123456789',
  owner: { platform: 'cf', instanceId: 'any/id?' },
  template,
  parameters: {},
  secrets,
};

export const shape = singleReplicaSetOf(identityOf(instance, environment), template);
export const { set } = shape;

export const shardedInstance: Instance<typeof shardedTemplate, InstanceSecrets> = {
  ...instance,
  template: shardedTemplate,
};

/** The instance as above, but for its plan. */
export const exposedShape = (over: object = {}) => {
  const template = templateSchema.parse({ ...plan, ...exposed, ...over }) as ReplicaSetTemplate;
  return singleReplicaSetOf(identityOf(instance, environment), template);
};

export const exposedSharded = (parameters: JsonObject = {}) => {
  const template = templateSchema.parse({ ...shardedPlan, ...exposed }) as ShardedClusterTemplate;
  return shardedClusterOf(identityOf(shardedInstance, environment), template, parameters);
};

export const shardedOf = (parameters: JsonObject = {}) =>
  shardedClusterOf(identityOf(shardedInstance, environment), shardedTemplate, parameters);
export const sharded = shardedOf();
