import { done, type Procedure, type Step } from '../../operations/step.js';
import type { Binding, Instance } from '../service.js';
import { accessOf, rolesOf } from './access.js';
import { type Environment, topicsOf } from './environment.js';
import { bindingName } from './names.js';
import { clientsPolicy } from './replica-set/network-policies.js';
import type { BindingSecrets, InstanceSecrets } from './secrets.js';
import { entranceOf } from './shape.js';
import type { Template } from './template.js';
import { type Topology, topologyOf } from './topology.js';
import { ensureUser } from './users.js';

type BoundInstance = Instance<Template, InstanceSecrets>;

export function bind(environment: Environment, instance: BoundInstance, binding: Binding<BindingSecrets>): Procedure {
  const topology = topologyOf(environment, instance);
  return {
    topics: topicsOf(topology.shape.instance.namespace),
    stages: [[createUser(topology, binding), admitClients(environment, topology, binding)]],
  };
}

function createUser({ shape, asAdmin }: Topology, { id, parameters, secrets }: Binding<BindingSecrets>): Step {
  const roles = rolesOf(accessOf(parameters, shape.instance.id));
  return {
    key: 'user',
    description: 'creating the user',
    async run({ signal }) {
      const user = { name: bindingName(id), password: secrets.password, roles };
      await asAdmin(signal, (admin) => ensureUser(admin, user, signal));
      return done;
    },
  };
}

function admitClients({ cluster }: Environment, { shape }: Topology, { id, context }: Binding<BindingSecrets>): Step {
  const clientNamespace = typeof context.namespace === 'string' ? context.namespace : undefined;
  // Whoever comes from outside has the address of a node, of a balancer, or one of its own: none that we know.
  const admitted = shape.outside ? undefined : clientNamespace;
  return {
    key: 'network-policy',
    description: 'admitting the app to the network',
    async run({ signal }) {
      const policy = clientsPolicy(shape.instance, bindingName(id), entranceOf(shape), admitted);
      await cluster.apply(policy, signal);
      return done;
    },
  };
}
