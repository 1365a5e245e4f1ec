import { expect, test } from 'vitest';
import { failuresOf, type Report } from '../suite.js';

type File = Report['testResults'][number];

const passed = { status: 'passed', fullName: 'a poll is answered', failureMessages: [] };
const stack =
  'expected 500 to be 401\n    at /project/test/polls.test.ts:3:1\n    at file:///project/node_modules/runner.js:1:1';
const failed = { status: 'failed', fullName: 'a poll is refused', failureMessages: [stack] };

const file = (status: string, tests: File['assertionResults'], message = ''): File => ({
  name: '/project/test/polls.test.ts',
  status,
  message,
  assertionResults: tests,
});

test.each([
  ['all passed', file('passed', [passed]), []],
  [
    'a test failed',
    file('failed', [passed, failed]),
    ['test/polls.test.ts: a poll is refused\nexpected 500 to be 401\n    at /project/test/polls.test.ts:3:1'],
  ],
  ['the file could not be loaded', file('failed', [], 'no such module'), ['test/polls.test.ts\nno such module']],
  [
    'what all its tests need could not be set up',
    file('failed', [{ ...passed, status: 'skipped' }], 'no store'),
    ['test/polls.test.ts\nno store'],
  ],
])('a file of which %s', (_, testResults, failures) => {
  const counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  expect(failuresOf({ ...counts, testResults: [testResults] }, '/project')).toEqual(failures);
});
