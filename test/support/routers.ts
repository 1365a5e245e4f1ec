import type { Db, MongoClient } from 'mongodb';
import { readSecret } from './admin-cluster.js';
import { appClient } from './apps.js';

/** A router, asked as the cluster's administrator. */
export async function onRouter<Result>(
  namespace: string,
  ask: (admin: Db) => Promise<Result>,
  router = 'router-0',
): Promise<Result> {
  const [login, tls] = await Promise.all([readSecret(namespace, 'admin'), readSecret(namespace, 'tls')]);
  const host = `${router}.router.${namespace}.svc.cluster.local:27017`;
  const uri = `mongodb://${login?.username}:${login?.password}@${host}/admin?tls=true&authSource=admin`;
  const client = appClient({ uri, ca_certificate: tls?.['ca.crt'] ?? '' }, { directConnection: true });
  try {
    return await ask(client.db('admin'));
  } finally {
    await client.close();
  }
}

/** Any server, asked as `__system`: the replica sets of a sharded cluster have no users of their own. */
export async function asSystem<Result>(namespace: string, host: string, ask: (client: MongoClient) => Promise<Result>) {
  const [keyFile, tls] = await Promise.all([readSecret(namespace, 'keyfile'), readSecret(namespace, 'tls')]);
  const password = encodeURIComponent(keyFile?.keyfile?.replace(/\s/g, '') ?? '');
  const uri = `mongodb://__system:${password}@${host}/?authSource=local&tls=true`;
  const client = appClient({ uri, ca_certificate: tls?.['ca.crt'] ?? '' }, { directConnection: true });
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}
