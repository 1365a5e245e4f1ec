import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type Outcome, outcomeFile } from '../outcome-reporter.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = temporaryFolder('outcome');

test('whatever fails is counted and told', { timeout: 30_000 }, async () => {
  const file = join(folder, 'outcome.json');
  const options = ['run', '--root', 'test/unit/failing-suite', '--reporter', resolve('test/outcome-reporter.ts')];
  const env = { ...process.env, [outcomeFile]: file };
  await expect(promisify(execFile)('node_modules/.bin/vitest', options, { env })).rejects.toMatchObject({ code: 1 });
  const { failures, ...counts }: Outcome = JSON.parse(readFileSync(file, 'utf8'));
  expect(counts).toEqual({ passed: 4, failed: 6, skipped: 2 });
  const firstLines = failures.map((failure) => failure.split('\n').slice(0, 2).join(' | ')).sort();
  expect(firstLines).toEqual([
    expect.stringMatching(/^hooks\.fails\.ts \| Hook timed out in 500ms/),
    'load.fails.ts | not loaded',
    'outside of the tests | nobody caught this',
    'tests.fails.ts: a group | no set-up',
    'tests.fails.ts: another group | no tear-down',
    expect.stringMatching(/^tests\.fails\.ts: fails \| expected/),
  ]);
  expect(failures.join('\n')).toMatch(/tests\.fails\.ts:5:/);
  expect(failures.join('\n')).not.toContain('node_modules');
});
