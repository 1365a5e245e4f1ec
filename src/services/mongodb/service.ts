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
import { beginRotation, nextRotation, type Rotatable, rotatable, rotate } from './rotation/rotation.js';
import {
  type BindingSecrets,
  generateBindingSecrets,
  generateInstanceSecrets,
  type InstanceSecrets,
  withoutFormerKeyFile,
} from './secrets.js';
import { hostsOf, servicesOf, shapeOf } from './shape.js';
import { type Template, templateSchema } from './template.js';
import { unbind } from './unbind.js';
import { update } from './update.js';

export type MongodbService = Service<Template, InstanceSecrets, BindingSecrets, Rotatable>;

/** Replica sets and sharded clusters of MongoDB, each in a namespace of its own. */
export function mongodbService(parts: ServiceParts): MongodbService {
  const { cluster, brokerId, clusterDomain, brokerNamespace, certificateDays: days } = parts;
  const openRoute = parts.memberAccess === 'direct' ? directRoute : tunnelRoute(cluster);
  const connections = new MemberConnections(openRoute);
  const environment: Environment = { cluster, connections, openRoute, brokerId, clusterDomain, brokerNamespace };
  const termsOf = ({ id, template }: { readonly id: string; readonly template: Template }) => ({
    instanceId: id,
    services: servicesOf[template.topology],
    clusterDomain,
    days,
  });
  return {
    name: 'mongodb',
    templateSchema,
    templateVersion: 1,
    parameterSchemas,

    generateInstanceSecrets: (instance) => generateInstanceSecrets(termsOf(instance)),
    generateBindingSecrets: async () => generateBindingSecrets(),

    provision: { current: 1, versions: { 1: (instance) => provision(environment, instance) } },
    refuseUpdate,
    update: { current: 1, versions: { 1: (instance) => update(environment, instance) } },
    deprovision: { current: 1, versions: { 1: ({ id }) => deprovision(cluster, id) } },
    bind: { current: 1, versions: { 1: (instance, binding) => bind(environment, instance, binding) } },
    unbind: { current: 1, versions: { 1: (instance, binding) => unbind(environment, instance, binding) } },
    rotation: {
      rotatable,
      next: nextRotation,
      begin: (what, instance) => beginRotation(what, instance.secrets, termsOf(instance)),
      carryOut: { current: 1, versions: { 1: (instance, what) => rotate(environment, instance, what) } },
      end: withoutFormerKeyFile,
    },

    metadata,
    credentials: (instance, binding) => credentials(shapeOf(instance, environment), instance, binding),
    endpoints: (instance) =>
      hostsOf(shapeOf(instance, environment)).map((address) => ({
        host: address.replace(/:\d+$/, ''),
        ports: [String(mongodbPort)],
      })),
  };
}
