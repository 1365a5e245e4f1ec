import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outcome, outcomeFile } from './outcome-reporter.js';

/** Runs a program in the foreground. @returns whether it ended well */
export function run(
  command: readonly string[],
  options: { folder?: string | undefined; environment?: NodeJS.ProcessEnv } = {},
) {
  const [program = '', ...parameters] = command;
  const { folder = '.', environment = {} } = options;
  return new Promise<boolean>((resolve) => {
    spawn(program, parameters, { cwd: folder, stdio: 'inherit', env: { ...process.env, ...environment } })
      .on('error', (error) => {
        process.stderr.write(`${program}: ${error.message}\n`);
        resolve(false);
      })
      .on('exit', (code) => resolve(code === 0));
  });
}

/**
 * Runs a project of vitest.config.ts, or only some of its files.
 * @returns what its reporter wrote; a run that ended badly for what that did not see is one failure
 */
export async function runSuite(
  project: string,
  { files = [], environment = {} }: { files?: readonly string[]; environment?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  const file = join(folder, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=./test/outcome-reporter.ts'];
  const command = ['node_modules/.bin/vitest', 'run', '--project', project, ...reporters, ...files];
  const succeeded = await run(command, { environment: { ...environment, [outcomeFile]: file } });
  const outcome: Outcome | undefined = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  rmSync(folder, { recursive: true });
  if (outcome && (succeeded || outcome.failed > 0)) return outcome;
  const failures = [`suite ${project}: ended badly, its output above says how`];
  return { passed: 0, skipped: 0, ...outcome, failed: 1, failures };
}
