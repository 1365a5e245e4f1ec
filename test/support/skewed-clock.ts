import { needed } from '../../local/packages.js';

/**
 * The environment of a process whose clock is another one: what it reads as the time of day, not how fast time passes
 * for its timers, which is how clocks of machines differ.
 * @param offset such as `+1h`
 */
export function skewedClock(offset: string): NodeJS.ProcessEnv {
  const [{ file }] = needed.tests;
  return { LD_PRELOAD: file, FAKETIME: offset, DONT_FAKE_MONOTONIC: '1' };
}
