import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { foldersOf } from '../../local/folders.js';

export const { repository } = foldersOf(process.env);

/** The compiler's exit status; types that are wrong have another, and are the linter's affair. */
const outputsSkipped = 1;

const stamp = join(repository, 'dist', '.tsbuildinfo');

let program: string | undefined;

/** The broker's program, compiled anew where a source is newer than what was compiled last. */
export function compiledBroker(): string {
  program ??= upToDate();
  return program;
}

function upToDate(): string {
  const changed = Math.max(...['src', 'migrations'].map(newestChange));
  if (changed > (statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0)) compile();
  return join(repository, 'dist', 'src', 'main.js');
}

function newestChange(folder: string): number {
  const files = readdirSync(join(repository, folder), { recursive: true, withFileTypes: true });
  return Math.max(...files.filter((file) => file.isFile()).map((file) => changeOf(join(file.parentPath, file.name))));
}

const changeOf = (file: string): number => statSync(file).mtimeMs;

function compile(): void {
  const began = new Date();
  const tsc = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', '.'], { cwd: repository, encoding: 'utf8' });
  if (status === null || status === outputsSkipped) throw new Error(`the sources do not compile:\n${stdout}`);
  // The compiler leaves it as it is where nothing but times has changed.
  utimesSync(stamp, began, began);
}
