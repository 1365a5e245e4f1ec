import { readFileSync } from 'node:fs';
import { tryCommand } from './command.js';

/** The mount points below some folders (or the folders themselves), the innermost first, from /proc/self/mountinfo. */
export function mountsBelow(mountinfo: string, folders: readonly string[]): string[] {
  return mountinfo
    .split('\n')
    .map((line) => decode(line.split(' ')[4] ?? ''))
    .filter((point) => folders.some((folder) => point === folder || point.startsWith(`${folder}/`)))
    .sort((a, b) => b.length - a.length);
}

/** Spaces and the like are written as octal numbers there. */
function decode(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

export async function unmountBelow(folders: readonly string[]): Promise<number> {
  const points = mountsBelow(readFileSync('/proc/self/mountinfo', 'utf8'), folders);
  const batch = 200;
  for (let first = 0; first < points.length; first += batch) {
    await tryCommand('umount', ['-l', ...points.slice(first, first + batch)]);
  }
  return points.length;
}
