// Installs what package-lock.json names, unless it is there. It runs before anything is installed, so it uses nothing but Node.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, repository, timed } from './preparation.mjs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node 20.19 or newer is needed, and this is ${process.versions.node}: install a newer one`);
}
installDependencies();

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
