import type { Procedure } from '../../operations/step.js';
import type { Service, Versioned } from '../service.js';
import type { ServiceParts } from '../service-parts.js';
import { bind } from './bind.js';
import { credentials, endpoints } from './credentials.js';
import { deprovision } from './deprovision.js';
import type { Environment } from './environment.js';
import { MemberConnections } from './members/connections.js';
import { directRoute, tunnelRoute } from './members/routes.js';
import { metadata } from './metadata.js';
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
import { servicesOf, shapeOf } from './shape.js';
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
    outsideDomain: template.outside?.domain,
    days,
  });
  return {
    name: 'mongodb',
    templateSchema,
    templateVersion: 1,
    parameterSchemas,

    generateInstanceSecrets: (instance) => generateInstanceSecrets(termsOf(instance)),
    generateBindingSecrets: async () => generateBindingSecrets(),

    provision: withExposure((instance, keep) => provision(environment, instance, keep)),
    refuseUpdate,
    update: withExposure((instance, _from, keep) => update(environment, instance, keep)),
    deprovision: { current: 1, versions: { 1: ({ id }) => deprovision(cluster, id) } },
    bind: withExposure((instance, binding) => bind(environment, instance, binding)),
    unbind: { current: 1, versions: { 1: (instance, binding) => unbind(environment, instance, binding) } },
    rotation: {
      rotatable,
      next: nextRotation,
      begin: (what, instance) => beginRotation(what, instance.secrets, termsOf(instance)),
      carryOut: withExposure((instance, what) => rotate(environment, instance, what)),
      end: withoutFormerKeyFile,
    },

    metadata,
    credentials: (instance, binding) => credentials(shapeOf(instance, environment), instance, binding),
    endpoints: (instance) => endpoints(shapeOf(instance, environment), instance),
  };
}

/**
 * Version 2 knows plans with an exposure, which a release that knows version 1 only must leave alone. What version 1 has
 * accepted is of other plans, and for those nothing has changed.
 */
function withExposure<Arguments extends readonly unknown[]>(
  make: (...args: Arguments) => Procedure,
): Versioned<Arguments> {
  return { current: 2, versions: { 1: make, 2: make } };
}
