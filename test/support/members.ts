import { type Db, MongoClient, type MongoClientOptions } from 'mongodb';
import { readSecret } from './admin-cluster.js';
import { clusterLookup } from './cluster-dns.js';

export const memberNames = ['rs0-0', 'rs0-1', 'rs0-2'] as const;

export const memberHost = (namespace: string, member: string): string =>
  `${member}.rs0.${namespace}.svc.cluster.local:27017`;

/** What the members of a replica set know of themselves: `local.system.replset`, with what the server hides elsewhere. */
export interface StoredConfiguration {
  readonly members: readonly { readonly _id: number; readonly host: string; readonly newlyAdded?: boolean }[];
  readonly settings: { readonly heartbeatIntervalMillis: number };
}

export interface Status {
  readonly votingMembersCount: number;
  readonly members: readonly { readonly name: string; readonly stateStr: string; readonly health: number }[];
}

/** A single member, asked as its administrator; Holdfast's own connections are not used. */
export async function onMember<Result>(
  namespace: string,
  member: string,
  ask: (admin: Db) => Promise<Result>,
  over: MongoClientOptions = {},
): Promise<Result> {
  const [login, tls] = await Promise.all([readSecret(namespace, 'admin'), readSecret(namespace, 'tls')]);
  const client = new MongoClient(`mongodb://${memberHost(namespace, member)}/`, {
    directConnection: true,
    auth: { username: login?.username ?? '', password: login?.password ?? '' },
    tls: true,
    ca: tls?.['ca.crt'] ?? '',
    lookup: clusterLookup(),
    serverSelectionTimeoutMS: 5_000,
    ...over,
  });
  try {
    return await ask(client.db('admin'));
  } finally {
    await client.close();
  }
}

export async function statusOf(namespace: string, member: string): Promise<Status> {
  return await onMember(namespace, member, async (admin) => (await admin.command({ replSetGetStatus: 1 })) as Status);
}

/** The pod that is the primary now, as the members see it. */
export async function primaryOf(namespace: string): Promise<string> {
  const { members } = await statusOf(namespace, 'rs0-0');
  const primary = members.find(({ stateStr }) => stateStr === 'PRIMARY');
  if (!primary) throw new Error(`${namespace} has no primary now`);
  return primary.name.split('.')[0] ?? '';
}
