import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for work whose end matters to nobody, such as closing a connection to what may be gone: not for ever. */
export async function bounded(work: Promise<unknown>, milliseconds: number): Promise<void> {
  const patience = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: patience.signal }).catch(() => {});
  await Promise.race([work, late]);
  patience.abort();
}
