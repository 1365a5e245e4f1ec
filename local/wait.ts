import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer is yes; false when the time is over. */
export async function waitUntil(
  isSo: () => boolean | Promise<boolean>,
  { within, every = 50 }: { within: number; every?: number },
): Promise<boolean> {
  const end = performance.now() + within;
  for (;;) {
    if (await isSo()) return true;
    if (performance.now() >= end) return false;
    await sleep(every);
  }
}
