import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

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
 * @returns the counts of vitest's own report; a run that wrote none, or failed outside of its tests, is one failure
 */
export async function runSuite(
  project: string,
  { files = [], environment = {} }: { files?: readonly string[]; environment?: NodeJS.ProcessEnv } = {},
): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  const report = join(folder, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const command = ['node_modules/.bin/vitest', 'run', '--project', project, ...reporters, ...files];
  const succeeded = await run(command, { environment });
  try {
    const told = JSON.parse(readFileSync(report, 'utf8'));
    const failed = Number(told.numFailedTests);
    return {
      passed: Number(told.numPassedTests),
      failed: succeeded || failed > 0 ? failed : 1,
      skipped: Number(told.numPendingTests) + Number(told.numTodoTests),
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
