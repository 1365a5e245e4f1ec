import { type Db, MongoServerError } from 'mongodb';
import { describe, expect, it } from 'vitest';
import {
  type Login,
  type MemberConnections,
  MemberUnreachable,
} from '../../../../src/services/mongodb/members/connections.js';
import { Members } from '../../../../src/services/mongodb/members/members.js';
import type { MemberAddress } from '../../../../src/services/mongodb/members/routes.js';
import { memberHost, type ReplicaSet } from '../../../../src/services/mongodb/replica-set/replica-set.js';
import type { InstanceSecrets } from '../../../../src/services/mongodb/secrets.js';

const set = {
  name: 'rs0',
  service: 'rs0',
  role: 'replica-set',
  members: 3,
  instance: { namespace: 'm-1', clusterDomain: 'cluster.local' },
} as ReplicaSet;
const secrets = { keyFile: 'k', adminPassword: 'p', authority: { certificate: 'c' } } as unknown as InstanceSecrets;
const signal = new AbortController().signal;

type Member = 'primary' | 'secondary' | 'syncing' | 'unreachable';

/** Members as connections to them show them; the one that is the primary is named by the others. */
function membersOf(states: readonly Member[]): Members {
  const primary = memberHost(set, states.indexOf('primary'));
  const use = async (address: MemberAddress, login: Login, _authority: string, work: (admin: Db) => unknown) => {
    const state = states[Number(address.pod.split('-')[1])];
    if (state === 'unreachable') throw new MemberUnreachable(address.pod, undefined);
    // Who has not copied the users yet knows them not.
    if (state === 'syncing' && login.username !== '__system') {
      throw new MongoServerError({ message: 'Authentication failed.', code: 18, codeName: 'AuthenticationFailed' });
    }
    const command = async () => ({ isWritablePrimary: state === 'primary', primary, pod: address.pod });
    return await work({ command } as unknown as Db);
  };
  return new Members(set, secrets, { use } as unknown as MemberConnections);
}

const asked = async (states: readonly Member[]) =>
  await membersOf(states).asAdminOnPrimary(signal, async (admin) => (await admin.command({ ping: 1 })).pod);

describe('the primary is found', () => {
  it.each<[string, readonly Member[], string]>([
    ['at the first member', ['primary', 'secondary', 'secondary'], 'rs0-0'],
    ['by what a secondary says', ['secondary', 'secondary', 'primary'], 'rs0-2'],
    ['beside a member that cannot be reached', ['unreachable', 'secondary', 'primary'], 'rs0-2'],
    ['beside a member that does not know the administrator yet', ['syncing', 'secondary', 'primary'], 'rs0-2'],
    ['by what a member says that does not know the administrator yet', ['unreachable', 'syncing', 'primary'], 'rs0-2'],
  ])('%s', async (_, states, pod) => {
    expect(await asked(states)).toBe(pod);
  });
});
