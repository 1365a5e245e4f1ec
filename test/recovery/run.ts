import { parseArgs } from 'node:util';
import { runSuite } from '../suite.js';
import setUp from '../support/setup/cluster.js';

/*
 * Kills the broker's processes before and after every side effect of every operation, and looks whether anything is
 * lost, made twice or left over; then runs what else there is of recovery at full size.
 *
 *   npm run test:recovery -- [--on replica-set | sharded-cluster | outside | outside-sharded] [--seed N] [--points N] [--only TEXT] [--lanes N]
 *     [--matrix-only]
 */

const { values } = parseArgs({
  options: {
    on: { type: 'string', default: 'replica-set' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    points: { type: 'string' },
    only: { type: 'string', default: '' },
    lanes: { type: 'string', default: '4' },
    'matrix-only': { type: 'boolean', default: false },
  },
});
/** What of the services' suite has a full size. */
const crowded = ['back-pressure', 'linearizability', 'rolling-restart'].map(
  (name) => `test/operations/${name}.test.ts`,
);
const print = (line: string) => void process.stdout.write(`${line}\n`);
// The brokers that run are killed as we exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

await setUp();
// Only now: what these use asks the environment where the cluster is.
const [{ runMatrix }, { failuresOf, linesOf }, { subjectOf }] = await Promise.all([
  import('./matrix.js'),
  import('./report.js'),
  import('./subject.js'),
]);
const matrix = await runMatrix({
  subject: subjectOf(values.on),
  seed: Number(values.seed),
  ...(values.points !== undefined && { points: Number(values.points) }),
  only: values.only,
  lanes: Number(values.lanes),
  print,
});
const suites = values['matrix-only'] ? [] : [await full('recovery'), await full('services', crowded)];
const failures = failuresOf(matrix);
print('');
for (const line of failures) print(line);
for (const line of linesOf(matrix)) print(line);
for (const { name, passed, failed } of suites) print(`${name} in full size: ${passed} passed, ${failed} failed`);
process.exitCode = failures.length === 0 && suites.every(({ failed }) => failed === 0) ? 0 : 1;

async function full(name: string, files: readonly string[] = []) {
  return { name, ...(await runSuite(name, { files, environment: { RECOVERY: 'full' } })) };
}
