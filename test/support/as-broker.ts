import { KubeConfig } from '@kubernetes/client-node';
import { brokerUser } from '../../local/cluster/certificates.js';
import { required } from './scratch.js';

/**
 * The broker's rights, for a test that tries what they allow: an administrator who acts as the broker's user. What is
 * asked for so is not the broker's own, and `test/rights` does not count it.
 */
export function asBroker(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(required('TEST_ADMIN_KUBECONFIG'));
  config.users = config.users.map((user) => ({ ...user, impersonateUser: brokerUser }));
  return config;
}
