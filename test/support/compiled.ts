import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { foldersOf } from '../../local/folders.js';

export const { repository } = foldersOf(process.env);

/** The compiler's exit status; types that are wrong have another, and are the linter's affair. */
const outputsSkipped = 1;

const stamp = join(repository, 'dist', '.tsbuildinfo');

const programs = new Map<string, string>();

/** The broker's program, compiled anew where a source is newer than what was compiled last. */
export const compiledBroker = (): string => compiled(join('src', 'main.js'), ['src', 'migrations']);

/** The program of a broker of the stub service, likewise. */
export const compiledStub = (): string =>
  compiled(join('test', 'support', 'stub-main.js'), ['src', 'migrations', join('test', 'support')]);

/** What a broker loads before its own program, likewise. */
export const compiledPreload = (name: 'end-with-parent' | 'as-a-pod'): string =>
  compiled(join('test', 'support', `${name}.js`), [join('test', 'support')]);

/** A command for those who run Holdfast, likewise. */
export const compiledCommand = (name: 'rotate-keys' | 'verify-audit'): string =>
  compiled(join('src', `${name}.js`), ['src', 'migrations']);

function compiled(program: string, sources: readonly string[]): string {
  const known = programs.get(program);
  if (known !== undefined) return known;
  const changed = Math.max(...sources.map(newestChange));
  if (changed > (statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0)) compile();
  const path = join(repository, 'dist', program);
  programs.set(program, path);
  return path;
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
