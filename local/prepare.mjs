// Makes the checkout runnable: dependencies and compiled code. It runs before anything is installed, so it uses
// nothing but Node.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node 20.19 or newer is needed, and this is ${process.versions.node}: install a newer one`);
}
installDependencies();
compile();

function installDependencies() {
  const lock = readFileSync(join(repository, 'package-lock.json'), 'utf8');
  const hash = createHash('sha256').update(lock).digest('hex');
  const mark = join(repository, 'node_modules', '.holdfast-lock');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === hash) return;
  const { packages } = JSON.parse(lock);
  if (!isInstalled(packages)) timed('dependencies', 'installed', () => install(packages));
  writeFileSync(mark, hash);
}

/**
 * npm ci asks the registry for the optional packages of every platform, and refuses a lock file that lacks one that the
 * registry lacks, too; npm install passes over those. So that it passes over nothing else, its result is checked.
 */
function install(packages) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  if (npm(['ci', ...quiet]).status === 0) return;
  const { status, output } = npm(['install', '--no-save', ...quiet]);
  if (status !== 0) {
    const problem = output.split('\n').filter((line) => line.startsWith('npm error'));
    fail(`npm install failed: ${problem.slice(0, 3).join(' ').replaceAll('npm error ', '') || output.trim()}`);
  }
  if (!isInstalled(packages)) fail('npm install gave other versions than package-lock.json names: run npm install');
}

function npm(args) {
  const { status, error, stdout, stderr } = spawnSync('npm', args, { cwd: repository, encoding: 'utf8' });
  return { status: error ? 1 : status, output: error ? error.message : `${stdout}${stderr}` };
}

/** Whether what npm says is in node_modules is what the lock file asks for, as after an `npm install` by hand. */
function isInstalled(wanted) {
  const record = join(repository, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const there = JSON.parse(readFileSync(record, 'utf8')).packages;
  const isSame = ([path, { version, optional }]) => there[path]?.version === version || (optional && !there[path]);
  return Object.entries(wanted).every((entry) => entry[0] === '' || isSame(entry));
}

function compile() {
  const start = performance.now();
  run('compiling', process.execPath, [join(repository, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.']);
  run('bundling', process.execPath, [join(repository, 'local', 'bundle.mjs')]);
  const seconds = (performance.now() - start) / 1000;
  // Nothing changed: no need to speak of it.
  if (seconds > 3) report('code', 'compiled', seconds);
}

function timed(name, what, work) {
  const start = performance.now();
  work();
  report(name, what, (performance.now() - start) / 1000);
}

function report(name, what, seconds) {
  process.stderr.write(`[local] ${name}: ${what} (${seconds.toFixed(1)} s)\n`);
}

function run(what, program, args) {
  const { status, error } = spawnSync(program, args, { cwd: repository, stdio: ['ignore', 2, 2] });
  if (error || status !== 0) fail(`${what} failed${error ? `: ${error.message}` : ', see above'}`);
}

function fail(message) {
  process.stderr.write(`[local] ${message}\n`);
  process.exit(1);
}
