/** What one benchmark needs to know of the run that it is part of. */
export interface BenchContext {
  readonly rounds: number;
  /** Tells how it goes, a line at a time. */
  readonly say: (line: string) => void;
}

export interface Benchmark {
  readonly name: string;
  /** What it answers, in one line. */
  readonly title: string;
  /** Of no less than this: what it compares varies from round to round. */
  readonly leastRounds: number;
  run(context: BenchContext): Promise<Findings>;
}

export type Unit = 's' | 'ms' | 'requests/s' | 'operations/s' | 'MB' | 'bytes' | 'CPU ms/s';

/** What was measured of one thing, in the order of the rounds. */
export interface Subject {
  readonly name: string;
  readonly samples: readonly number[];
}

/** One thing, measured side by side of several subjects. */
export interface Comparison {
  readonly name: string;
  readonly unit: Unit;
  readonly subjects: readonly Subject[];
  /** Names of two subjects: the median of the first is told in medians of the second. */
  readonly ratio?: readonly [string, string];
}

/** What is to be so, and what was. */
export interface Goal {
  readonly name: string;
  readonly measured: number;
  readonly bound: { readonly atMost: number } | { readonly atLeast: number };
}

export interface Findings {
  readonly comparisons: readonly Comparison[];
  readonly goals: readonly Goal[];
  /** What it was measured on and with, as a reader of the figures wants to know it. */
  readonly conditions: readonly string[];
  readonly chart: Chart;
}

/** `bars` have a value a category and series; `lines` a value an x. */
export interface Chart {
  readonly kind: 'bars' | 'lines';
  readonly title: string;
  /** Of the values: what they are, with their unit. */
  readonly measure: string;
  readonly categories: readonly string[];
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly scale?: 'linear' | 'logarithmic';
}
