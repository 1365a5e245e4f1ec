import { done, type Procedure } from '../../operations/step.js';
import type { Instance, UnopenedBinding } from '../service.js';
import { type Environment, topicsOf } from './environment.js';
import { networkPolicyKind } from './kinds.js';
import { bindingName } from './names.js';
import type { InstanceSecrets } from './secrets.js';
import type { Template } from './template.js';
import { topologyOf } from './topology.js';
import { removeUser } from './users.js';

export function unbind(
  environment: Environment,
  instance: Instance<Template, InstanceSecrets>,
  { id }: UnopenedBinding,
): Procedure {
  const { shape, asAdmin, forgetUsers } = topologyOf(environment, instance);
  const { namespace } = shape.instance;
  const name = bindingName(id);
  return {
    topics: topicsOf(namespace),
    stages: [
      [
        {
          key: 'user',
          description: 'removing the user',
          async run({ signal }) {
            await asAdmin(signal, (admin) => removeUser(admin, name, signal));
            await forgetUsers(signal);
            return done;
          },
        },
        {
          key: 'network-policy',
          description: 'shutting the app out of the network',
          async run({ signal }) {
            await environment.cluster.remove(networkPolicyKind, { namespace, name }, signal);
            return done;
          },
        },
      ],
    ],
  };
}
