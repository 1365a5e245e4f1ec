import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

type Failure = Pick<Error, 'message'> & { readonly stack?: string | undefined };

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Outcome extends Counts {
  /** What failed, as text for people: where, and why. */
  readonly failures: readonly string[];
}

/** Where the reporter writes the {@link Outcome} of a run, as JSON. */
export const outcomeFile = 'TEST_OUTCOME_FILE';

/** vitest's reporter of what `npm test` closes with; errors outside of any test are failures too. */
export default class OutcomeReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly Failure[]): void {
    const file = process.env[outcomeFile];
    if (file !== undefined) writeFileSync(file, JSON.stringify(outcomeOf(modules, unhandled)));
  }
}

function outcomeOf(modules: readonly TestModule[], unhandled: readonly Failure[]): Outcome {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const count = (...states: readonly string[]) => tests.filter((test) => states.includes(test.result().state)).length;
  const outside = unhandled.map((error) => `outside of the tests\n${textOf(error)}`);
  const failures = [...modules.flatMap(failuresOf), ...outside];
  return { passed: count('passed'), failed: failures.length, skipped: count('skipped', 'pending'), failures };
}

/** Of a file: its own (it did not load, or a hook failed), its suites' hooks', its tests'. */
function failuresOf(module: TestModule): readonly string[] {
  const of = (name: string, errors: readonly Failure[]) =>
    errors.length === 0 ? [] : [[`${module.relativeModuleId}${name}`, ...errors.map(textOf)].join('\n')];
  const named = ({ fullName }: TestSuite | TestCase) => `: ${fullName}`;
  return [
    ...of('', module.errors()),
    ...[...module.children.allSuites()].flatMap((suite) => of(named(suite), suite.errors())),
    ...[...module.children.allTests('failed')].flatMap((test) => of(named(test), test.result().errors ?? [])),
  ];
}

/** With the frames of its stack, but those of the packages that ran the test. */
function textOf({ message, stack = '' }: Failure): string {
  const frames = stack.split('\n').filter((line) => /^ +at (?!.*(node_modules|<anonymous>|node:internal))/.test(line));
  return [message, ...frames].join('\n');
}
