import type { Environment } from '../environment.js';
import { areWritesBlocked } from '../members/commands.js';
import { Members, memberAddresses } from '../members/members.js';
import { findOutside } from '../outside/expose.js';
import { outsideHosts } from '../outside/hosts.js';
import type { InstanceSecrets } from '../secrets.js';
import type { SingleReplicaSet } from '../shape.js';
import type { Topology } from '../topology.js';
import { bringUp } from './bring-up.js';
import { membersService, replicaSetManifests } from './manifests.js';
import { restartMembers } from './restart.js';
import { writeWithMajority } from './verification.js';

export function replicaSetTopology(
  { cluster, connections }: Environment,
  shape: SingleReplicaSet,
  secrets: InstanceSecrets,
): Topology {
  const { set, outside } = shape;
  const members = new Members(set, secrets, connections);
  return {
    shape,
    name: set.name,
    sets: [set],
    servers: memberAddresses(set),
    manifests: [membersService(set), ...replicaSetManifests(set)],
    routers: () => [],
    bringUp: () =>
      bringUp({
        ...{ cluster, set, members, secrets },
        ...(outside && { outside: async (signal) => outsideHosts(shape, await findOutside(cluster, shape, signal)) }),
      }),
    resize: () => [],
    restart: (restart) => [[restartMembers({ cluster, set, members }, restart)]],
    asAdmin: (signal, work) => members.asAdminOnPrimary(signal, work),
    // Members watch the users themselves.
    forgetUsers: async () => {},
    hasWritesBlocked: async (signal) => [
      await members.asAdminOnPrimary(signal, (admin) => areWritesBlocked(admin, signal)),
    ],
    verify: (signal) => members.asAdminOnPrimary(signal, (admin) => writeWithMajority(admin, signal)),
  };
}
