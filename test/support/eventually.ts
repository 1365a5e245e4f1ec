import { setTimeout as sleep } from 'node:timers/promises';

/** Looks every 10 ms until it is so; throws when that takes too long. */
export async function eventually(isSo: () => boolean | Promise<boolean>, milliseconds = 10_000): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`not so within ${milliseconds} ms: ${isSo}`);
    await sleep(10);
  }
}
