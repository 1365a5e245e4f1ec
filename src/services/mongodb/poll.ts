import { setTimeout as sleep } from 'node:timers/promises';

const patience = 4_000;
const interval = 30;

/** Asks again and again until there is an answer, for as long as it is worth holding a worker. */
export async function poll<Answer>(
  signal: AbortSignal,
  ask: () => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const until = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || Date.now() >= until) return answer;
    await sleep(interval, undefined, { signal });
  }
}
