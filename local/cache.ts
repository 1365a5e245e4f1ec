import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { tryCommand } from './command.js';
import { unmountBelow } from './mounts.js';

/**
 * Makes a file or folder once. It is made under another name and renamed when it is whole, so that a kill in the
 * middle leaves nothing that looks finished.
 */
export async function cached(path: string, make: (temporary: string) => Promise<void>): Promise<boolean> {
  if (statSync(path, { throwIfNoEntry: false })) return false;
  const already = making.get(path);
  if (already) return already;
  const made = makeOnce(path, make).finally(() => making.delete(path));
  making.set(path, made);
  return made;
}

const making = new Map<string, Promise<boolean>>();

async function makeOnce(path: string, make: (temporary: string) => Promise<void>): Promise<boolean> {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  for (const left of readdirSync(folder).filter((name) => name.startsWith(`${basename(path)}.making-`))) {
    await remove(join(folder, left));
  }
  const temporary = `${path}.making-${process.pid}`;
  try {
    await make(temporary);
    renameSync(temporary, path);
  } catch (error) {
    await remove(temporary);
    throw error;
  }
  return true;
}

/** Deletes all but the newest versions of a cached thing: some are kept for whoever goes back and forth between branches. */
export function forgetOld(path: string, prefix: string, keep = 2): void {
  const folder = dirname(path);
  const others = readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && /^[0-9a-f]{16}$/.test(name.slice(prefix.length)))
    .map((name) => join(folder, name))
    .filter((other) => other !== path)
    .map((other) => ({ other, time: statSync(other).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  for (const { other } of others.slice(keep)) rmSync(other, { recursive: true, force: true });
}

/** Removes a folder, whatever an ended debootstrap has left mounted in it, and never what is mounted there. */
async function remove(path: string): Promise<void> {
  await unmountBelow([path]);
  await tryCommand('rm', ['-rf', '--one-file-system', path]);
}
