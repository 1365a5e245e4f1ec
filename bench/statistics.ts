import { median, min, quantile } from 'simple-statistics';
import type { Comparison, Goal } from './benchmark.js';

export interface Summary {
  readonly min: number;
  readonly median: number;
  readonly p95: number;
}

export function summarize(samples: readonly number[]): Summary {
  const values = [...samples];
  return { min: min(values), median: median(values), p95: quantile(values, 0.95) };
}

/** Median to median; nothing where the comparison names no two subjects. */
export function ratioOf({ ratio, subjects }: Comparison): number | undefined {
  if (!ratio) return undefined;
  const [measured, reference] = ratio.map((name) => {
    const subject = subjects.find((each) => each.name === name);
    if (!subject) throw new Error(`there is no subject ${name}`);
    return median([...subject.samples]);
  });
  return Number(measured) / Number(reference);
}

export function isMet({ measured, bound }: Goal): boolean {
  return 'atMost' in bound ? measured <= bound.atMost : measured >= bound.atLeast;
}
