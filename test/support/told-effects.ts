import { onSideEffects } from '../../src/side-effects.js';

/** The titles of the side effects that `work` has, in this process, in order. */
export async function effectsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  const titles: string[] = [];
  const stop = onSideEffects(({ title }) => void titles.push(title));
  try {
    await work();
  } finally {
    stop();
  }
  return titles;
}
