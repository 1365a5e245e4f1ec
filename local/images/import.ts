import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached, forgetOld } from '../cache.js';
import { command, loggedCommand } from '../command.js';
import type { Folders } from '../folders.js';
import { packImage } from './archive.js';
import type { ImageRecipe } from './recipes.js';

export interface Image {
  readonly name: string;
  readonly digest: string;
  readonly archive: string;
  readonly made: boolean;
}

/** Packs an image, once for each state of what it is made of. */
export async function imageOf(folders: Folders, recipe: ImageRecipe): Promise<Image> {
  const short = recipe.name.replaceAll(/^localhost\/holdfast\/|:.*$/g, '');
  const prefix = `image-${short}-`;
  const folder = join(folders.cache, `${prefix}${recipe.hash}`);
  const made = await cached(folder, async (temporary) => {
    const scratch = join(temporary, 'root');
    mkdirSync(scratch, { recursive: true });
    const root = await recipe.fill(scratch);
    const log = join(folders.state, 'log', `image-${short}.log`);
    await packImage(root, join(temporary, 'image.tar'), recipe.name, recipe.settings, log);
    renameSync(join(temporary, 'image.tar.digest'), join(temporary, 'digest'));
    rmSync(scratch, { recursive: true, force: true });
  });
  if (made) forgetOld(folder, prefix);
  const digest = readFileSync(join(folder, 'digest'), 'utf8').trim();
  return { name: recipe.name, digest, archive: join(folder, 'image.tar'), made };
}

/** The digest of every image that containerd has under a name, from what `ctr images ls` prints. */
export function parseImages(listing: string): Map<string, string> {
  const rows = listing
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  return new Map(rows.flatMap(([name, , digest]) => (name && digest ? [[name, digest] as const] : [])));
}

/** Gives containerd the images that it does not have in this very state; answers their names. */
export async function importImages(folders: Folders, socket: string, images: readonly Image[]): Promise<string[]> {
  const ctr = ['--address', socket, '--namespace', 'k8s.io', 'images'];
  const known = parseImages(await command('ctr', [...ctr, 'ls']));
  const wanted = images.filter(({ name, digest }) => known.get(name) !== digest);
  for (const { name, archive } of wanted) {
    const log = join(folders.state, 'log', 'import.log');
    await loggedCommand(`importing ${name}`, log, 'ctr', [...ctr, 'import', '--snapshotter', 'overlayfs', archive]);
  }
  return wanted.map(({ name }) => name);
}
