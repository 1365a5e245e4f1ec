import { type Finding, sorts } from './findings.js';
import type { Part, Task } from './points.js';
import type { Resumption } from './resumption.js';

/** A finding with the operation, and the point, where it was met. */
export interface MetFinding extends Finding {
  readonly part: Part;
  readonly point: string | undefined;
}

/** What a run of the matrix came to. */
export interface Matrix {
  /** How many there are, in how many operations of a journey. */
  readonly known: number;
  readonly struck: readonly Task[];
  /** Armed again and again, and passed in none of these runs. */
  readonly notReached: readonly Task[];
  /** Steps without a point before or after them: `provision/objects`. */
  readonly uncovered: readonly string[];
  readonly operations: number;
  readonly findings: readonly MetFinding[];
  readonly resumptions: readonly Resumption[];
  readonly seconds: number;
}

/** After a kill an operation goes on within this, at p95. */
const mostMilliseconds = 10_000;

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Why the run counts as failed; nothing where it does not. */
export function failuresOf({ findings, uncovered, resumptions }: Matrix): readonly string[] {
  const p95 = percentile(timesOf(resumptions, true), 0.95);
  return [
    ...findings.map(({ sort, part, point, text }) => `${sort} in ${part} (${point ?? 'nothing struck'}): ${text}`),
    ...uncovered.map((step) => `step ${step} has no fault point before or after it`),
    ...(p95 > mostMilliseconds ? [`goes on only ${seconds(p95)} after a kill, at p95`] : []),
  ];
}

/** The closing lines. */
export function linesOf(matrix: Matrix): readonly string[] {
  const { known, struck, notReached, operations, findings, resumptions, seconds: took } = matrix;
  const names = new Set(struck.map(({ point }) => point));
  return [
    `fault points tried: ${struck.length} of ${known} (${names.size} different names)`,
    `not reached: ${notReached.length}`,
    ...notReached.map(({ part, point }) => `  ${part}: ${point}`),
    `operations run: ${operations}`,
    sorts.map((sort) => `${sort} ${findings.filter((finding) => finding.sort === sort).length}`).join(', '),
    `goes on after a kill of the lease's holder: ${summary(timesOf(resumptions, true))}`,
    `first run after a kill where nobody held the lease: ${summary(timesOf(resumptions, false))}`,
    `took ${Math.floor(took / 60)} min ${Math.round(took % 60)} s`,
  ];
}

const timesOf = (resumptions: readonly Resumption[], held: boolean): readonly number[] =>
  resumptions.filter(({ isHeld }) => isHeld === held).map(({ milliseconds }) => milliseconds);

function summary(times: readonly number[]): string {
  if (times.length === 0) return 'none';
  const [p50, p95, max] = [0.5, 0.95, 1].map((share) => seconds(percentile(times, share)));
  return `p50 ${p50}, p95 ${p95}, max ${max} (${times.length} times)`;
}

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
