import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import setUp from '../support/setup/cluster.js';

/*
 * Kills the broker's processes before and after every side effect of every operation, and looks whether anything is
 * lost, made twice or left over; then runs the other suites of recovery at full size.
 *
 *   npm run test:recovery -- [--seed N] [--points N] [--only TEXT] [--lanes N] [--matrix-only]
 */

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    points: { type: 'string' },
    only: { type: 'string', default: '' },
    lanes: { type: 'string', default: '4' },
    'matrix-only': { type: 'boolean', default: false },
  },
});
const print = (line: string) => void process.stdout.write(`${line}\n`);
// The brokers that run are killed as we exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

await setUp();
// Only now: what these use asks the environment where the cluster is.
const [{ runMatrix }, { failuresOf, linesOf }] = await Promise.all([import('./matrix.js'), import('./report.js')]);
const matrix = await runMatrix({
  seed: Number(values.seed),
  ...(values.points !== undefined && { points: Number(values.points) }),
  only: values.only,
  lanes: Number(values.lanes),
  print,
});
const suites = values['matrix-only'] ? undefined : await runSuites();
const failures = failuresOf(matrix);
print('');
for (const line of failures) print(line);
for (const line of linesOf(matrix)) print(line);
if (suites) print(`other suites of recovery: ${suites.passed} passed, ${suites.failed} failed`);
process.exitCode = failures.length === 0 && (suites?.failed ?? 0) === 0 ? 0 : 1;

async function runSuites(): Promise<{ readonly passed: number; readonly failed: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-recovery-'));
  const report = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    const succeeded = await new Promise<boolean>((resolve, reject) => {
      spawn('node_modules/.bin/vitest', ['run', '--project', 'recovery', ...reporters], {
        stdio: 'inherit',
        env: { ...process.env, RECOVERY: 'full' },
      })
        .on('error', reject)
        .on('exit', (code) => resolve(code === 0));
    });
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
    return { passed: numPassedTests, failed: succeeded ? 0 : Math.max(1, numFailedTests) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
