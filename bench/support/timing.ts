import { median } from 'simple-statistics';

/** How long each call takes, one after the other: the median, in milliseconds. */
export async function medianMilliseconds(calls: number, call: (number: number) => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let number = 0; number < calls; number++) {
    const began = performance.now();
    await call(number);
    taken.push(performance.now() - began);
  }
  return median(taken);
}

/** What the median of some samples is to that of others. */
export const ratio = (samples: readonly number[], reference: readonly number[]): number =>
  median([...samples]) / median([...reference]);
