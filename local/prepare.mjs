// Makes the checkout runnable: dependencies and compiled code.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import './dependencies.mjs';
import { fail, report, repository } from './preparation.mjs';

compile();

function compile() {
  const start = performance.now();
  run('compiling', process.execPath, [join(repository, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.']);
  run('bundling', process.execPath, [join(repository, 'local', 'bundle.mjs')]);
  const seconds = (performance.now() - start) / 1000;
  // Nothing changed: no need to speak of it.
  if (seconds > 3) report('code', 'compiled', seconds);
}

function run(what, program, args) {
  const { status, error } = spawnSync(program, args, { cwd: repository, stdio: ['ignore', 2, 2] });
  if (error || status !== 0) fail(`${what} failed${error ? `: ${error.message}` : ', see above'}`);
}
