import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient, MongoServerError } from 'mongodb';
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
  // Whoever holds the key file is the member `__system` itself: no first login without a password is needed.
  const client = new MongoClient(`mongodb://${address.host}:${address.port}/?directConnection=true`, {
    auth: { username: '__system', password: storeKeyFile },
    authSource: 'local',
    authMechanism: 'SCRAM-SHA-256',
    serverSelectionTimeoutMS: 10_000,
  });
  try {
    const admin = client.db('admin');
    const members = [{ _id: 0, host: `${address.host}:${address.port}` }];
    await unless(['AlreadyInitialized'], () =>
      admin.command({ replSetInitiate: { _id: replicaSet, members, settings: { electionTimeoutMillis: 1000 } } }),
    );
    const isPrimary = await waitUntil(async () => (await admin.command({ hello: 1 })).isWritablePrimary === true, {
      within: 30_000,
    });
    if (!isPrimary) throw new LocalError(`the store did not become primary (its log: ${logPath(folders, 'store')})`);
    const user = { pwd: storePassword, roles: ['root'], mechanisms: ['SCRAM-SHA-256'] };
    const { users } = await admin.command({ usersInfo: 'holdfast' });
    if (Array.isArray(users) && users.length > 0) await admin.command({ updateUser: 'holdfast', ...user });
    else await admin.command({ createUser: 'holdfast', ...user });
  } finally {
    await client.close();
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

async function unless(codeNames: readonly string[], work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof MongoServerError) || !codeNames.includes(error.codeName ?? '')) throw error;
  }
}
