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

const benchmarks: readonly Benchmark[] = [];

const { values, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: 'string' } } });
const say = (line: string) => void process.stdout.write(`${line}\n`);

const unknown = positionals.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
if (unknown.length > 0 || (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))) {
  say(`usage: npm run bench [-- NAME … --rounds N], with N from 1, and NAME of:`);
  for (const { name, title } of benchmarks) say(`  ${name.padEnd(10)} ${title}`);
  process.exit(2);
}

await setUp();
for (const benchmark of benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  say(`\n${benchmark.name}: ${benchmark.title}`);
  const findings = await benchmark.run({ rounds: rounds ?? benchmark.leastRounds, say });
  keep(benchmark, findings);
  for (const line of linesOf(findings)) say(line);
}
