import { setTimeout as sleep } from 'node:timers/promises';

/** Longer, a wait that a change in the cluster ends is cheaper. */
const patience = 10_000;
const shortest = 20;
const longest = 250;
/** The part of what was waited for already that one more interval may take. */
const share = 1 / 15;

/**
 * Asks again and again until there is an answer, for as long as it is worth holding a worker. The longer it takes, the
 * less often: answers that many wait for at once come no sooner for being asked for.
 */
export async function poll<Answer>(
  signal: AbortSignal,
  ask: () => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const began = performance.now();
  for (;;) {
    const answer = await ask();
    const waited = performance.now() - began;
    if (answer !== undefined || waited >= patience) return answer;
    await sleep(Math.min(Math.max(waited * share, shortest), longest), undefined, { signal });
  }
}
