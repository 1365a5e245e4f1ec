import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A short hash of any values that JSON can hold. */
export function hashOf(...values: unknown[]): string {
  const hash = createHash('sha256');
  for (const value of values) hash.update(`${JSON.stringify(value)}\n`);
  return hash.digest('hex').slice(0, 16);
}

/** A hash of the names and contents of the files below a folder, whatever order the file system lists them in. */
export function hashOfFolder(folder: string, isSource: (path: string) => boolean = () => true): string {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter(isSource)
    .sort();
  return hashOf(paths.map((path) => [path, readFileSync(join(folder, path), 'base64')]));
}
