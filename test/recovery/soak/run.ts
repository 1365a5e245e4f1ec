import { parseArgs } from 'node:util';
import setUp from '../../support/setup/cluster.js';

/*
 * Random requests of several platforms, while processes, Redis and the way to the cluster fail at random; then everything is
 * deleted, and nothing may be left.
 *
 *   npm run test:soak -- [--minutes 60] [--seed N] [--clients N]
 */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    clients: { type: 'string', default: '4' },
  },
});
const print = (line: string) => void process.stdout.write(`${line}\n`);
// The brokers that run are killed as we exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

await setUp();
// Only now: what it uses asks the environment where the cluster is.
const { soak } = await import('./soak.js');
const wrong = await soak({
  minutes: Number(values.minutes),
  seed: Number(values.seed),
  clients: Number(values.clients),
  print,
});
for (const line of wrong) print(`WRONG: ${line}`);
print(wrong.length === 0 ? 'soak: nothing lost, nothing left over' : `soak: ${wrong.length} things are wrong`);
process.exitCode = wrong.length === 0 ? 0 : 1;
