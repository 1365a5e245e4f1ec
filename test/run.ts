import { type Counts, run, runSuite } from './suite.js';

/*
 * `npm test`: the checks of the sources, then every suite. Types were checked when this file was compiled. Everything
 * runs, whatever fails before it, and the last line counts all of it.
 */

const ends = { passed: { passed: 1, failed: 0, skipped: 0 }, failed: { passed: 0, failed: 1, skipped: 0 } };

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

async function check({ name, command, ...how }: Check): Promise<Counts> {
  const passed = await run(command, how);
  process.stdout.write(`check: ${name} ${passed ? 'passed' : 'FAILED'}\n`);
  return passed ? ends.passed : ends.failed;
}

const environment = { TEST_SUITES_BEGAN: new Date().toISOString() };
const counts: Counts[] = [];
for (const each of checks) counts.push(await check(each));
for (const each of suites) counts.push(await runSuite(each, { environment }));

const sum = (of: keyof Counts) => counts.reduce((total, count) => total + count[of], 0);
process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
process.exitCode = sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
