import type { Service } from '../service.js';
import type { ServiceParts } from '../service-parts.js';
import { bind } from './bind.js';
import { credentials } from './credentials.js';
import { deprovision } from './deprovision.js';
import type { Environment } from './environment.js';
import { MemberConnections } from './members/connections.js';
import { directRoute, tunnelRoute } from './members/routes.js';
import { metadata } from './metadata.js';
import { mongodbPort } from './names.js';
import { parameterSchemas } from './parameters.js';
import { refuseUpdate } from './plan-changes.js';
import { provision } from './provision.js';
import {
  type BindingSecrets,
  generateBindingSecrets,
  generateInstanceSecrets,
  type InstanceSecrets,
} from './secrets.js';
import { hostsOf, servicesOf, shapeOf } from './shape.js';
import { type Template, templateSchema } from './template.js';
import { unbind } from './unbind.js';
import { update } from './update.js';

export type MongodbService = Service<Template, InstanceSecrets, BindingSecrets>;

/** Replica sets and sharded clusters of MongoDB, each in a namespace of its own. */
export function mongodbService(parts: ServiceParts): MongodbService {
  const { cluster, brokerId, clusterDomain, brokerNamespace } = parts;
  const connections = new MemberConnections(parts.memberAccess === 'direct' ? directRoute : tunnelRoute(cluster));
  const environment: Environment = { cluster, connections, brokerId, clusterDomain, brokerNamespace };
  return {
    name: 'mongodb',
    templateSchema,
    templateVersion: 1,
    parameterSchemas,

    generateInstanceSecrets: ({ id, template }) =>
      generateInstanceSecrets(id, servicesOf[template.topology], clusterDomain),
    generateBindingSecrets: async () => generateBindingSecrets(),

    provision: { current: 1, versions: { 1: (instance) => provision(environment, instance) } },
    refuseUpdate,
    update: { current: 1, versions: { 1: (instance) => update(environment, instance) } },
    deprovision: { current: 1, versions: { 1: ({ id }) => deprovision(cluster, id) } },
    bind: { current: 1, versions: { 1: (instance, binding) => bind(environment, instance, binding) } },
    unbind: { current: 1, versions: { 1: (instance, binding) => unbind(environment, instance, binding) } },

    metadata,
    credentials: (instance, binding) => credentials(shapeOf(instance, environment), instance, binding),
    endpoints: (instance) =>
      hostsOf(shapeOf(instance, environment)).map((address) => ({
        host: address.replace(/:\d+$/, ''),
        ports: [String(mongodbPort)],
      })),
  };
}
