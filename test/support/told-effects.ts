import { type SideEffect, sideEffects } from '../../src/side-effects.js';

/** The titles of the side effects that `work` has, in this process, in order. */
export async function effectsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  const titles: string[] = [];
  const listener = { start: ({ title }: SideEffect) => void titles.push(title) } as Parameters<
    typeof sideEffects.subscribe
  >[0];
  sideEffects.subscribe(listener);
  try {
    await work();
  } finally {
    sideEffects.unsubscribe(listener);
  }
  return titles;
}
