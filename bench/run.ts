import { parseArgs } from 'node:util';
import setUp from '../test/support/setup/cluster.js';
import type { Benchmark } from './benchmark.js';
import { keep, linesOf } from './report.js';

/*
 * Measures Holdfast side by side with what it is compared with, prints the figures, and keeps them in `bench/results`.
 *
 *   npm run bench                                  all of them, one after the other
 *   npm run bench -- provision bind --rounds 20
 */

/** Loaded once everything runs that they measure. */
const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  provision: async () => (await import('./provision/benchmark.js')).provision,
  bind: async () => (await import('./bind/benchmark.js')).bind,
  sharded: async () => (await import('./sharded/benchmark.js')).sharded,
  crowd: async () => (await import('./crowd/benchmark.js')).crowd,
  'crowd-that-waits': async () => (await import('./crowd/benchmark.js')).crowdThatWaits,
  start: async () => (await import('./start/benchmark.js')).start,
  accept: async () => (await import('./accept/benchmark.js')).accept,
  scale: async () => (await import('./scale/benchmark.js')).scale,
  queue: async () => (await import('./queue/benchmark.js')).queue,
  image: async () => (await import('./image/benchmark.js')).image,
  idle: async () => (await import('./idle/benchmark.js')).idle,
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: 'string' } } });
const say = (line: string) => void process.stdout.write(`${line}\n`);

const names = positionals.length === 0 ? Object.keys(benchmarks) : positionals;
const loads = names.map((name) => benchmarks[name]).filter((load) => load !== undefined);
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
const isNumber = rounds === undefined || (Number.isInteger(rounds) && rounds > 0);
if (loads.length < names.length || !isNumber) {
  say(`usage: npm run bench [-- NAME … --rounds N], with N from 1, and NAME of ${Object.keys(benchmarks).join(', ')}`);
  process.exit(2);
}

await setUp();
for (const load of loads) {
  const benchmark = await load();
  say(`\n${benchmark.name}: ${benchmark.title}`);
  const findings = await benchmark.run({ rounds: rounds ?? benchmark.leastRounds, say });
  keep(benchmark, findings);
  for (const line of linesOf(findings)) say(line);
}
