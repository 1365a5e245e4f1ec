import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { foldersOf } from '../../local/folders.js';

export const { repository } = foldersOf(process.env);

/** The compiler's exit status where types are wrong, which is the linter's affair. */
const outputsWritten = 2;

const stamp = join(repository, 'dist', '.tsbuildinfo');

const programs = new Map<string, string>();

/** The broker's program, compiled anew where a source is newer than what was compiled last. */
export const compiledBroker = (): string => bundled('main', ['src', 'migrations']);

/** The program of a broker of the stub service, likewise. */
export const compiledStub = (): string => bundled('stub-main', ['src', 'migrations', join('test', 'support')]);

/** What a broker loads before its own program, likewise. */
export const compiledPreload = (name: 'end-with-parent' | 'as-a-pod'): string =>
  compiled(join('test', 'support', `${name}.js`), [join('test', 'support')]);

/** A command for those who run Holdfast, likewise. */
export const compiledCommand = (name: 'rotate-keys' | 'verify-audit'): string => bundled(name, ['src', 'migrations']);

/** A program of the typed client, likewise. */
export const compiledClient = (name: 'example'): string =>
  compiled(join('clients', 'typescript', `${name}.js`), [join('clients', 'typescript')]);

/** A program in one piece with its libraries, which starts much sooner. */
function bundled(name: string, sources: readonly string[]): string {
  const program = join('bundle', `${name}.js`);
  if (!programs.has(program)) {
    compileWhereOld(sources);
    run([join('local', 'bundle.mjs')]);
    programs.set(program, join(repository, 'dist', program));
  }
  return String(programs.get(program));
}

function compiled(program: string, sources: readonly string[]): string {
  if (!programs.has(program)) {
    compileWhereOld(sources);
    programs.set(program, join(repository, 'dist', program));
  }
  return String(programs.get(program));
}

function compileWhereOld(sources: readonly string[]): void {
  const changed = Math.max(...sources.map(newestChange));
  if (changed > (statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0)) compile();
}

function newestChange(folder: string): number {
  const files = readdirSync(join(repository, folder), { recursive: true, withFileTypes: true });
  return Math.max(...files.filter((file) => file.isFile()).map((file) => changeOf(join(file.parentPath, file.name))));
}

const changeOf = (file: string): number => statSync(file).mtimeMs;

function compile(): void {
  const began = new Date();
  run([join('node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'], [0, outputsWritten]);
  // The compiler leaves it as it is where nothing but times has changed.
  utimesSync(stamp, began, began);
}

function run(program: readonly string[], successes: readonly number[] = [0]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { cwd: repository, encoding: 'utf8' });
  if (status === null || !successes.includes(status)) throw new Error(`${program[0]} failed:\n${stdout}${stderr}`);
}
