import type { Counts, Outcome } from './outcome-reporter.js';
import { run, runSuite } from './suite.js';

/*
 * `npm test`: the checks of the sources, then every suite. Types were checked when this file was compiled. Everything
 * runs, whatever fails before it; what failed is told once more at the end, and the last line counts all of it.
 */

interface Check {
  readonly name: string;
  readonly command: readonly string[];
  readonly folder?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/** Prometheus' own tool, without what finds servers in the clouds. */
const promtool = (...args: readonly string[]) => ({
  command: ['go', 'tool', 'promtool', ...args],
  folder: 'test/monitoring',
  environment: { GOFLAGS: '-tags=remove_all_sd' },
});

const checks: readonly Check[] = [
  { name: 'format and lint', command: ['node_modules/.bin/biome', 'ci', '--error-on-warnings', '.'] },
  { name: 'readiness program', command: ['go', 'test', './...'], folder: 'images/mongodb-readiness' },
  { name: 'enforcer of network policies, vet', command: ['go', 'vet', './...'], folder: 'local/network-policies' },
  { name: 'enforcer of network policies', command: ['go', 'test', './...'], folder: 'local/network-policies' },
  { name: 'docker-compose.yml', command: ['go', 'run', '.', '../../docker-compose.yml'], folder: 'test/compose' },
  { name: 'alert rules', ...promtool('check', 'rules', '../../deploy/helm/holdfast/monitoring/alerts.yaml') },
  { name: 'alerts', ...promtool('test', 'rules', 'alerts.test.yaml') },
];
/** The last one looks at what those before it did in the cluster. */
const suites = ['unit', 'chart', 'services', 'end-to-end', 'recovery', 'rights'];

async function check({ name, command, ...how }: Check): Promise<Outcome> {
  const passed = await run(command, how);
  process.stdout.write(`check: ${name} ${passed ? 'passed' : 'FAILED'}\n`);
  return passed
    ? { passed: 1, failed: 0, skipped: 0, failures: [] }
    : { passed: 0, failed: 1, skipped: 0, failures: [`check ${name}: ${command.join(' ')}`] };
}

const environment = { TEST_SUITES_BEGAN: new Date().toISOString() };
const outcomes: Outcome[] = [];
for (const each of checks) outcomes.push(await check(each));
for (const each of suites) outcomes.push(await runSuite(each, { environment }));

const failures = outcomes.flatMap((outcome) => outcome.failures);
for (const failure of failures) process.stdout.write(`\nFAILED ${failure}\n`);
const sum = (of: keyof Counts) => outcomes.reduce((total, outcome) => total + outcome[of], 0);
process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
process.exitCode = sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
