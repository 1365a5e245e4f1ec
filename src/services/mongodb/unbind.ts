import { done, type Procedure } from '../../operations/step.js';
import type { Instance, UnopenedBinding } from '../service.js';
import { type Environment, replicaSetOf, topicsOf } from './environment.js';
import { Members } from './members/members.js';
import { bindingName } from './names.js';
import type { InstanceSecrets } from './secrets.js';
import type { Template } from './template.js';
import { removeUser } from './users.js';

const networkPolicyKind = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };

export function unbind(
  { cluster, ...environment }: Environment,
  instance: Instance<Template, InstanceSecrets>,
  { id }: UnopenedBinding,
): Procedure {
  const set = replicaSetOf(instance, environment);
  const { namespace } = set.instance;
  const name = bindingName(id);
  const members = new Members(set, instance.secrets, environment.connections);
  return {
    topics: topicsOf(namespace),
    stages: [
      [
        {
          key: 'user',
          description: 'removing the user',
          async run({ signal }) {
            await members.asAdminOnPrimary(signal, (admin) => removeUser(admin, name, signal));
            return done;
          },
        },
        {
          key: 'network-policy',
          description: 'shutting the app out of the network',
          async run({ signal }) {
            await cluster.remove(networkPolicyKind, { namespace, name }, signal);
            return done;
          },
        },
      ],
    ],
  };
}
