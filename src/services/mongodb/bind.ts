import { done, type Procedure, type Step } from '../../operations/step.js';
import type { Binding, Instance } from '../service.js';
import { accessOf } from './access.js';
import { type Environment, replicaSetOf, topicsOf } from './environment.js';
import { Members } from './members/members.js';
import { bindingName } from './names.js';
import { clientsPolicy } from './replica-set/network-policies.js';
import type { ReplicaSet } from './replica-set/replica-set.js';
import type { BindingSecrets, InstanceSecrets } from './secrets.js';
import type { Template } from './template.js';
import { ensureUser } from './users.js';

type BoundInstance = Instance<Template, InstanceSecrets>;

export function bind(environment: Environment, instance: BoundInstance, binding: Binding<BindingSecrets>): Procedure {
  const set = replicaSetOf(instance, environment);
  const members = new Members(set, instance.secrets, environment.connections);
  return {
    topics: topicsOf(set.instance.namespace),
    stages: [[createUser(set, members, binding), admitClients(environment, set, binding)]],
  };
}

function createUser(
  { instance }: ReplicaSet,
  members: Members,
  { id, parameters, secrets }: Binding<BindingSecrets>,
): Step {
  const { database, role } = accessOf(parameters, instance.id);
  return {
    key: 'user',
    description: 'creating the user',
    async run({ signal }) {
      const user = { name: bindingName(id), password: secrets.password, roles: [{ role, db: database }] };
      await members.asAdminOnPrimary(signal, (admin) => ensureUser(admin, user, signal));
      return done;
    },
  };
}

function admitClients(
  { cluster }: Environment,
  { instance }: ReplicaSet,
  { id, context }: Binding<BindingSecrets>,
): Step {
  const clientNamespace = typeof context.namespace === 'string' ? context.namespace : undefined;
  return {
    key: 'network-policy',
    description: 'admitting the app to the network',
    async run({ signal }) {
      await cluster.apply(clientsPolicy(instance, bindingName(id), clientNamespace), signal);
      return done;
    },
  };
}
