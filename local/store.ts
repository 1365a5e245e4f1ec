import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { initiateSingleMember } from '../src/store/initiate.js';
import { writeWhole } from './files.js';
import type { Folders } from './folders.js';
import { LocalError } from './local-error.js';
import { answers, ports } from './ports.js';
import type { Secrets } from './secrets.js';
import { type Decision, ensure, logPath } from './supervisor.js';
import { waitUntil } from './wait.js';

const replicaSet = 'holdfast';
const address = { host: '127.0.0.1', port: ports.store };

export function storeUrl(password: string): string {
  return `mongodb://holdfast:${password}@${address.host}:${address.port}/holdfast?authSource=admin&replicaSet=${replicaSet}`;
}

export function storeArguments(folders: Folders, keyFile: string): string[] {
  return [
    ...['--dbpath', join(folders.state, 'store'), '--bind_ip', address.host, '--port', String(address.port)],
    ...['--replSet', replicaSet, '--keyFile', keyFile, '--auth', '--nounixsocket'],
    ...['--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '512'],
    // The set has one member: nobody could take over while it waits to shut down.
    ...['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=100'],
    ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
  ];
}

/**
 * The program is built for an older Debian: it runs with the loader and the libraries of that Debian's root file
 * system, so it needs nothing of this machine's.
 */
export function onRootFileSystem(root: string, program: string): { program: string; args: string[] } {
  const libraries = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu', 'lib', 'usr/lib'];
  return {
    // Not lib64/ld-linux-x86-64.so.2: that is an absolute link, to this machine's own.
    program: join(root, 'lib/x86_64-linux-gnu/ld-2.31.so'),
    args: ['--library-path', libraries.map((folder) => join(root, folder)).join(':'), join(root, program)],
  };
}

export async function ensureStore(folders: Folders, secrets: Secrets, root: string): Promise<Decision> {
  const keyFile = join(folders.state, 'store.key');
  writeWhole(keyFile, secrets.storeKeyFile);
  mkdirSync(join(folders.state, 'store'), { recursive: true });
  const loader = onRootFileSystem(root, 'usr/bin/mongod');
  const decision = await ensure(folders, {
    name: 'store',
    program: loader.program,
    args: [...loader.args, ...storeArguments(folders, keyFile)],
    configuration: secrets.storeKeyFile,
    ports: [address],
    isReady: () => answers(address),
  });
  await initiate(folders, secrets);
  return decision;
}

/** Makes the set of one member and its user, where they are not there yet. */
async function initiate(folders: Folders, { storeKeyFile, storePassword }: Secrets): Promise<void> {
  if (await takesWrites(storePassword)) return;
  const host = `${address.host}:${address.port}`;
  const user = { name: 'holdfast', password: storePassword, roles: ['root'] };
  try {
    await initiateSingleMember({ host, replicaSet, keyFile: storeKeyFile, user }, 30);
  } catch (error) {
    throw new LocalError(`the store: ${(error as Error).message} (its log: ${logPath(folders, 'store')})`);
  }
}

async function takesWrites(password: string): Promise<boolean> {
  const url = `mongodb://holdfast:${password}@${address.host}:${address.port}/?authSource=admin&directConnection=true`;
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 1000 });
  try {
    // A restarted primary is one again within a second.
    return await waitUntil(async () => (await client.db('admin').command({ hello: 1 })).isWritablePrimary === true, {
      within: 5000,
      every: 25,
    });
  } catch {
    return false;
  } finally {
    await client.close();
  }
}
