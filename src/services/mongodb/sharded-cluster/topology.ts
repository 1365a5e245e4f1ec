import type { Stage } from '../../../operations/step.js';
import type { Instance } from '../../service.js';
import type { Environment } from '../environment.js';
import { areWritesBlocked } from '../members/commands.js';
import { Members, memberAddresses } from '../members/members.js';
import { applyObjects, neverFewer } from '../objects.js';
import { expose, withdraw } from '../outside/expose.js';
import { bringUp } from '../replica-set/bring-up.js';
import type { ReplicaSet } from '../replica-set/replica-set.js';
import { restartMembers } from '../replica-set/restart.js';
import { writeWithMajority } from '../replica-set/verification.js';
import type { InstanceSecrets } from '../secrets.js';
import type { Template } from '../template.js';
import type { Topology } from '../topology.js';
import { joinShards } from './bring-up.js';
import { routersStatefulSet, setsOf, shardedClusterManifests } from './manifests.js';
import { resize } from './resize.js';
import { restartRouters } from './restart.js';
import { Routers } from './routers.js';
import type { ShardedCluster } from './sharded-cluster.js';

export function shardedClusterTopology(
  environment: Environment,
  shape: ShardedCluster,
  { secrets, parameters }: Instance<Template, InstanceSecrets>,
): Topology {
  const { cluster, connections } = environment;
  const routers = new Routers(shape, secrets, environment);
  const membersOf = (set: ReplicaSet) => new Members(set, secrets, connections);
  const onEach = <Result>(sets: readonly ReplicaSet[], ask: (members: Members) => Promise<Result>) =>
    Promise.all(sets.map((set) => ask(membersOf(set))));
  const sets = setsOf(shape);
  const topology: Topology = {
    shape,
    name: 'cluster',
    sets,
    servers: [...sets.flatMap(memberAddresses), ...routers.addresses],
    manifests: shardedClusterManifests(shape),
    routers: (security) => [routersStatefulSet(shape, security)],
    bringUp: () => [
      ...sideBySide(sets.map((set) => bringUp({ cluster, set, members: membersOf(set), secrets }))),
      ...joinShards({ sharded: shape, routers, secrets }),
    ],
    resize: (keep) => [
      [applyObjects(environment, topology, secrets, neverFewer(cluster)), ...expose(cluster, shape, keep)],
      ...topology.bringUp(),
      ...resize({ cluster, sharded: shape, routers, membersOf, parameters }),
      ...withdraw(cluster, shape),
    ],
    restart: (restart) => [
      sets.map((set) => restartMembers({ cluster, set, members: membersOf(set) }, restart)),
      [restartRouters(cluster, routers, restart)],
    ],
    asAdmin: routers.asAdmin,
    forgetUsers: routers.forgetUsers,
    hasWritesBlocked: (signal) =>
      onEach(shape.shards, (members) => members.asAdminOnPrimary(signal, (admin) => areWritesBlocked(admin, signal))),
    verify: async (signal) => {
      await onEach(sets, (members) => members.asAdminOnPrimary(signal, (admin) => writeWithMajority(admin, signal)));
    },
  };
  return topology;
}

/** The first stages of all together, then the second ones, and so on. */
function sideBySide(procedures: readonly (readonly Stage[])[]): readonly Stage[] {
  const longest = Math.max(...procedures.map((stages) => stages.length));
  return Array.from({ length: longest }, (_, index) => procedures.flatMap((stages) => stages[index] ?? []));
}
