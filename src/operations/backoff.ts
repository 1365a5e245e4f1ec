const second = 1_000;

/** How long to wait for a change that no watch has told of, in milliseconds: 1 s, 2 s, 4 s, 8 s, then 15 s each. */
export function waitBackoff(pauses: number): number {
  return Math.min(15 * second, second * 2 ** Math.min(pauses, 10));
}

/**
 * How long to wait after a passing error, in milliseconds: half a second, doubling up to 15 s, each less up to a half
 * at random, so that what failed together does not come back together.
 */
export function retryBackoff(pauses: number, random: () => number = Math.random): number {
  const full = Math.min(15 * second, 500 * 2 ** Math.min(pauses, 10));
  return Math.round(full * (1 - random() / 2));
}
