import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Outcome extends Counts {
  /** What failed, as text for people: a test's file, name and message. */
  readonly failures: readonly string[];
}

/** What is read of vitest's JSON report. */
export interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
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

/** The tests of a report that failed, and the files that could not be run at all. */
export function failuresOf(report: Report, folder = process.cwd()): readonly string[] {
  return report.testResults.flatMap((file) => {
    const path = relative(folder, file.name);
    const tests = file.assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => `${path}: ${test.fullName}\n${withoutRunner(test.failureMessages.join('\n'))}`);
    return file.status === 'failed' && tests.length === 0 ? [`${path}\n${file.message}`] : tests;
  });
}

/** A stack, without the frames of the packages that ran the test. */
const withoutRunner = (stack: string) =>
  stack
    .split('\n')
    .filter((line) => !/^ +at .*(node_modules|<anonymous>)/.test(line))
    .join('\n');

/**
 * Runs a project of vitest.config.ts, or only some of its files.
 * @returns what vitest's own report tells; a run that wrote none, or failed outside of its tests, is one failure
 */
export async function runSuite(
  project: string,
  { files = [], environment = {} }: { files?: readonly string[]; environment?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  const path = join(folder, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${path}`];
  const command = ['node_modules/.bin/vitest', 'run', '--project', project, ...reporters, ...files];
  const succeeded = await run(command, { environment });
  try {
    const report: Report = JSON.parse(readFileSync(path, 'utf8'));
    const failures = failuresOf(report);
    const outside = !succeeded && failures.length === 0;
    return {
      passed: report.numPassedTests,
      failed: outside ? 1 : failures.length,
      skipped: report.numPendingTests + report.numTodoTests,
      failures: outside ? [`suite ${project}: failed outside of its tests; its output above says how`] : failures,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0, failures: [`suite ${project}: ended without a report`] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
