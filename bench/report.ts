import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Benchmark, Comparison, Findings, Goal } from './benchmark.js';
import { draw, readable } from './chart.js';
import { isMet, ratioOf, summarize } from './statistics.js';

/** From the compiled program to the checkout. */
const folder = fileURLToPath(new URL('../../bench/results/', import.meta.url));

/** Of all benchmarks on one machine, so that figures are read with it. */
const machine = {
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  kernel: release(),
};

/** Writes `bench/results/<name>.json`, with every sample, and the chart beside it. */
export function keep({ name, title }: Benchmark, findings: Findings): void {
  const { chart, comparisons, goals, conditions } = findings;
  const taken = new Date().toISOString();
  const summarized = comparisons.map((comparison) => ({
    ...comparison,
    ratioOfMedians: ratioOf(comparison),
    subjects: comparison.subjects.map((subject) => ({ ...subject, ...summarize(subject.samples) })),
  }));
  const judged = goals.map((goal) => ({ ...goal, isMet: isMet(goal) }));
  const result = { benchmark: name, title, taken, machine, conditions, goals: judged, comparisons: summarized };
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
  writeFileSync(`${folder}${name}.svg`, draw(chart));
}

export function linesOf({ comparisons, goals, conditions }: Findings): readonly string[] {
  return [...conditions, '', ...table(comparisons), '', ...goals.map(lineOf)];
}

function table(comparisons: readonly Comparison[]): readonly string[] {
  const rows = comparisons.flatMap((comparison) =>
    comparison.subjects.map(({ name, samples }) => {
      const { min, median, p95 } = summarize(samples);
      const ratio = comparison.ratio?.[0] === name ? readable(ratioOf(comparison) ?? Number.NaN) : '';
      return [comparison.name, name, ...[min, median, p95].map(readable), comparison.unit, ratio];
    }),
  );
  const lines = [['', '', 'min', 'median', 'p95', 'unit', 'ratio'], ...rows];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
}

function lineOf(goal: Goal): string {
  const { name, measured, bound } = goal;
  const wanted = 'atMost' in bound ? `at most ${readable(bound.atMost)}` : `at least ${readable(bound.atLeast)}`;
  return `${isMet(goal) ? 'met   ' : 'MISSED'}  ${name}: ${readable(measured)}, ${wanted}`;
}
