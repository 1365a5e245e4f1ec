import { asSystem, onRouter } from '../support/routers.js';
import { type CheckServers, concernsIn, concernsOf, namesOf, usersOf } from './checks.js';
import { differences } from './findings.js';

/** A database that has to move when the shard goes. */
const moving = { database: 'moving', collection: 'notes', documents: 50 };

export async function fillLastShard(namespace: string): Promise<void> {
  const { database, collection, documents } = moving;
  await onRouter(namespace, async (admin) => {
    await admin.command({ enableSharding: database, primaryShard: 'shard1' });
    const notes = Array.from({ length: documents }, (_, n) => ({ n }));
    await admin.client.db(database).collection(collection).insertMany(notes);
  });
}

interface ReplicaSetView {
  readonly name: string;
  readonly service: string;
  readonly members: number;
}

/** One of each at first: sharded-tiny of test/support/sharded-catalog.ts. */
export const checkShardedCluster: CheckServers = async (namespace, { bindings, parameters }, surplus) => {
  const { shards = 1, members = 1, routers = 1 } = parameters as Partial<Record<string, number>>;
  const names = Array.from({ length: shards }, (_, index) => `shard${index}`);
  const sets: readonly ReplicaSetView[] = [
    { name: 'cfg', service: 'cfg', members: 1 },
    ...names.map((name) => ({ name, service: 'shard', members })),
  ];
  const ofRouters = Array.from({ length: routers }, (_, ordinal) =>
    onRouter(
      namespace,
      async (admin) => {
        const by = `by router-${ordinal}`;
        const { shards: listed } = await admin.command({ listShards: 1 });
        const { users } = await admin.command({ usersInfo: 1 });
        const { mode } = await admin.command({ balancerStatus: 1 });
        const concerns = await admin.command({ getDefaultRWConcern: 1 });
        const { databases } = await admin.command({ listDatabases: 1 });
        const { database, collection, documents } = moving;
        const hasMoved = 'allow_write_pause' in parameters;
        const found = hasMoved ? await admin.client.db(database).collection(collection).countDocuments() : documents;
        const ours = (databases as readonly { name: string }[]).filter(({ name }) => name.startsWith('holdfast'));
        return [
          ...differences(`shards, ${by}`, shardNames(listed), names, surplus),
          ...differences(`users, ${by}`, namesOf(users), usersOf(bindings), surplus),
          ...differences(`balancer, ${by}`, [String(mode)], ['full']),
          ...differences(`default concerns, ${by}`, [concernsIn(concerns)], [concernsOf(parameters)]),
          ...differences(`documents that moved, ${by}`, [String(found)], [String(documents)]),
          ...differences(
            `databases, ${by}`,
            ours.map(({ name }) => name),
            [],
            'orphaned',
          ),
        ];
      },
      `router-${ordinal}`,
    ),
  );
  const ofSets = sets.map((set) => checkSet(namespace, set, surplus));
  return (await Promise.all([...ofRouters, ...ofSets])).flat();
};

const shardNames = (shards: readonly { readonly _id: string; readonly draining?: boolean }[]) =>
  shards.map(({ _id, draining }) => (draining ? `${_id}, draining` : _id));

async function checkSet(
  namespace: string,
  { name, service, members }: ReplicaSetView,
  surplus: 'duplicated' | 'orphaned',
) {
  const host = `${name}-0.${service}.${namespace}.svc.cluster.local:27017`;
  const wanted = Array.from({ length: members }, (_, ordinal) => `${name}-${ordinal}`);
  return await asSystem(namespace, host, async (client) => {
    const status = await client.db('admin').command({ replSetGetStatus: 1 });
    const found = (status.members as readonly { name: string }[]).map((member) => member.name.split('.')[0] ?? '');
    return [
      ...differences(`members of ${name}`, found, wanted, surplus),
      ...differences(`votes of ${name}`, [String(status.votingMembersCount)], [String(members)]),
    ];
  });
}
