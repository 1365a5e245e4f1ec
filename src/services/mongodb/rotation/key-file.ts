import type { Stage } from '../../../operations/step.js';
import type { Environment } from '../environment.js';
import { hello } from '../members/commands.js';
import { type Login, systemLogin } from '../members/connections.js';
import type { MemberAddress } from '../members/routes.js';
import { hasCodeName } from '../members/server-errors.js';
import { type InstanceSecrets, trustedAuthorities, withoutFormerKeyFile } from '../secrets.js';
import type { Topology } from '../topology.js';
import { applySecrets } from './secrets.js';

/**
 * Members that know both keys first, then members that know the new one only: each is a restart of all, one by one.
 * https://www.mongodb.com/docs/manual/tutorial/rotate-key-replica-set/
 */
export function exchangeKeyFile(
  environment: Environment,
  { shape: { instance }, restart }: Topology,
  secrets: InstanceSecrets,
): readonly Stage[] {
  const believes = (server: MemberAddress, login: Login, signal: AbortSignal) =>
    isBelieved(environment, server, login, trustedAuthorities(secrets), signal);
  const current = withoutFormerKeyFile(secrets);
  const former = { ...current, keyFile: secrets.formerKeyFile ?? secrets.keyFile };
  return [
    [applySecrets(environment, instance, secrets, 'both-keys')],
    ...restart({
      name: 'learn-key',
      isDue: async (server, signal) => !(await believes(server, systemLogin(current), signal)),
    }),
    [applySecrets(environment, instance, current, 'new-key')],
    ...restart({
      name: 'forget-key',
      isDue: (server, signal) => believes(server, systemLogin(former), signal),
    }),
  ];
}

/** Told by the server itself: only what it was started with counts. */
async function isBelieved(
  { connections }: Environment,
  server: MemberAddress,
  login: Login,
  authorities: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await connections.use(server, login, authorities, (admin) => hello(admin, signal));
    return true;
  } catch (error) {
    if (hasCodeName(error, 'AuthenticationFailed')) return false;
    throw error;
  }
}
