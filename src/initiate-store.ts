import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { StartError } from './start-error.js';
import { initiateSingleMember } from './store/initiate.js';

/*
 * What a trial installation runs before its brokers: makes the mongod that HOLDFAST_STORE_URL names a replica set of one
 * member with that user. HOLDFAST_STORE_KEY_FILE is the path of mongod's key file. A store to rely on is made by its
 * administrators.
 */

const patienceSeconds = 120;

/** @returns the exit code */
export async function run(environment: NodeJS.ProcessEnv): Promise<0 | 1> {
  try {
    const { HOLDFAST_STORE_URL: url = '', HOLDFAST_STORE_KEY_FILE: keyFile = '' } = environment;
    const store = singleMemberOf(url);
    await initiateSingleMember({ ...store, keyFile: readFileSync(keyFile, 'utf8').trim() }, patienceSeconds);
    process.stdout.write(`the store ${store.host} is a replica set, and has its user\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof StartError ? error.lines.join('\n') : String(error)}\n`);
    return 1;
  }
}

/** @throws StartError */
export function singleMemberOf(url: string) {
  const wrong = new StartError([
    'HOLDFAST_STORE_URL must name one member, a user, a database and a set: mongodb://user:password@host:port/database?replicaSet=name&authSource=admin',
  ]);
  if (!URL.canParse(url)) throw wrong;
  const { protocol, host, username, password, pathname, searchParams } = new URL(url);
  const replicaSet = searchParams.get('replicaSet');
  const database = decodeURIComponent(pathname.slice(1));
  if (protocol !== 'mongodb:' || !username || !password || !database || !replicaSet) throw wrong;
  const roles = [{ role: 'dbOwner', db: database }];
  return {
    host,
    replicaSet,
    user: { name: decodeURIComponent(username), password: decodeURIComponent(password), roles },
  };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await run(process.env);
}
