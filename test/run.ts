import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * `npm test`: the checks of the sources, then every suite. Types were checked when this file was compiled. Everything
 * runs, whatever fails before it, and the last line counts all of it.
 */

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const ends = { passed: { passed: 1, failed: 0, skipped: 0 }, failed: { passed: 0, failed: 1, skipped: 0 } };

const checks: readonly { readonly name: string; readonly command: readonly string[]; readonly folder?: string }[] = [
  { name: 'format and lint', command: ['node_modules/.bin/biome', 'ci', '--error-on-warnings', '.'] },
  { name: 'readiness program', command: ['go', 'test', './...'], folder: 'images/mongodb-readiness' },
];
const suites = ['unit', 'services', 'end-to-end', 'recovery'];

function run(command: readonly string[], folder = '.'): Promise<boolean> {
  const [program = '', ...parameters] = command;
  return new Promise((resolve) => {
    spawn(program, parameters, { cwd: folder, stdio: 'inherit' })
      .on('error', (error) => {
        process.stderr.write(`${program}: ${error.message}\n`);
        resolve(false);
      })
      .on('exit', (code) => resolve(code === 0));
  });
}

async function check({ name, command, folder }: (typeof checks)[number]): Promise<Counts> {
  const passed = await run(command, folder);
  process.stdout.write(`check: ${name} ${passed ? 'passed' : 'FAILED'}\n`);
  return passed ? ends.passed : ends.failed;
}

/** Counts from vitest's own report; a run that wrote none, or failed outside of its tests, counts as one failure. */
async function suite(name: string, folder: string): Promise<Counts> {
  const report = join(folder, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const succeeded = await run(['node_modules/.bin/vitest', 'run', '--project', name, ...reporters]);
  try {
    const told = JSON.parse(readFileSync(report, 'utf8'));
    const failed = Number(told.numFailedTests);
    return {
      passed: Number(told.numPassedTests),
      failed: succeeded || failed > 0 ? failed : 1,
      skipped: Number(told.numPendingTests) + Number(told.numTodoTests),
    };
  } catch {
    return ends.failed;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
const counts: Counts[] = [];
for (const each of checks) counts.push(await check(each));
for (const each of suites) counts.push(await suite(each, folder));
rmSync(folder, { recursive: true });

const sum = (of: keyof Counts) => counts.reduce((total, count) => total + count[of], 0);
process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
process.exitCode = sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
