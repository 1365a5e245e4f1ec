import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Mutation } from './mutation.js';
import { mutations } from './table.js';

/*
 * `npm run test:mutations`: makes each defect of the tables in a copy of the tree, and says which tests find it. Ends with 1 where
 * one is not found. `--only TEXT`, once or more often, tries those whose names hold the text.
 */

const mostMinutes = 5;

function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'holdfast-mutations-'));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  for (const file of listed.split('\0').filter((each) => each !== '')) {
    mkdirSync(join(copy, dirname(file)), { recursive: true });
    cpSync(file, join(copy, file));
  }
  cpSync('dist', join(copy, 'dist'), { recursive: true });
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Whether the test passes in the copy; what it printed. */
function passes(copy: string, { suite, test, title }: Mutation): { readonly passed: boolean; readonly output: string } {
  const named = title === undefined ? [] : ['--testNamePattern', `^${title}`];
  const { status, stdout, stderr } = spawnSync(
    'node_modules/.bin/vitest',
    ['run', '--project', suite, test, ...named, '--bail', '1'],
    {
      cwd: copy,
      env: { ...process.env, NO_COLOR: '1' },
      encoding: 'utf8',
      timeout: mostMinutes * 60_000,
      maxBuffer: 1 << 28,
    },
  );
  const output = `${stdout}${stderr}`;
  // Where the title fits no test, none runs and none fails.
  return { passed: status === 0 && /Tests .*\d+ passed/.test(output), output };
}

/** What vitest tells of the first test that failed. */
const firstFailure = (output: string) => /FAIL\S*\s.*?([^>\n]+)\n/.exec(output)?.[1]?.trim() ?? 'the suite';

function tryOut(copy: string, mutation: Mutation): boolean {
  const file = join(copy, mutation.file);
  const original = readFileSync(file, 'utf8');
  if (original.split(mutation.from).length !== 2)
    throw new Error(`${mutation.name}: not found once in ${mutation.file}`);
  writeFileSync(
    file,
    original.replace(mutation.from, () => mutation.to),
  );
  try {
    const { passed, output } = passes(copy, mutation);
    const verdict = passed ? 'NOT FOUND by' : `found by "${firstFailure(output)}" of`;
    process.stdout.write(`${mutation.name}: ${verdict} ${mutation.test}\n`);
    return !passed;
  } finally {
    writeFileSync(file, original);
  }
}

/** What is red before anything is broken proves nothing. */
function demandGreen(copy: string, chosen: readonly Mutation[]): void {
  const suites = new Map(chosen.map((each) => [`${each.suite} ${each.test} ${each.title}`, each]));
  for (const mutation of suites.values()) {
    const { passed, output } = passes(copy, mutation);
    if (!passed) throw new Error(`${mutation.test} fails although nothing is broken:\n${output.slice(-3_000)}`);
  }
}

const { only = [''] } = parseArgs({ options: { only: { type: 'string', multiple: true } } }).values;
const chosen = mutations.filter(({ name }) => only.some((text) => name.includes(text)));
const copy = copyTree();
try {
  demandGreen(copy, chosen);
  const found = chosen.filter((mutation) => tryOut(copy, mutation)).length;
  process.stdout.write(`\n${chosen.length} mutations tried, ${found} found, ${chosen.length - found} not found\n`);
  process.exitCode = found === chosen.length && found > 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true });
}
