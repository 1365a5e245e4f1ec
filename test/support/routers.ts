import type { Db, MongoClient } from 'mongodb';
import { readSecret } from './admin-cluster.js';
import { appClient } from './apps.js';

/** A router, asked as the cluster's administrator. */
export async function onRouter<Result>(
  namespace: string,
  ask: (admin: Db) => Promise<Result>,
  router = 'router-0',
): Promise<Result> {
  const login = await readSecret(namespace, 'admin');
  const host = `${router}.router.${namespace}.svc.cluster.local:27017`;
  const uri = `mongodb://${login?.username}:${login?.password}@${host}/admin?tls=true&authSource=admin`;
  return await onServer(namespace, uri, (client) => ask(client.db('admin')));
}

/** Any server, asked as `__system`, by the key file that it has now or another one: the replica sets of a sharded cluster have no users of their own. */
export async function asSystem<Result>(
  namespace: string,
  host: string,
  ask: (client: MongoClient) => Promise<Result>,
  keyFile?: string,
) {
  const text = keyFile ?? (await readSecret(namespace, 'keyfile'))?.keyfile;
  const password = encodeURIComponent(text?.replace(/\s/g, '') ?? '');
  return await onServer(namespace, `mongodb://__system:${password}@${host}/?authSource=local&tls=true`, ask);
}

async function onServer<Result>(namespace: string, uri: string, ask: (client: MongoClient) => Promise<Result>) {
  const tls = await readSecret(namespace, 'tls');
  const client = appClient({ uri, ca_certificate: tls?.['ca.crt'] ?? '' }, { directConnection: true });
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}
