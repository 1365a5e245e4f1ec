import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Answer, BrokerDriver } from './broker-driver.js';

/** What a request may take without a store. The broker looks for it for two seconds; more is the machine's. */
export const soonMilliseconds = 5_000;

/** Asks everything that needs the store, for some seconds: each request is refused for now, and soon. */
export async function refusedQuickly(driver: BrokerDriver, { seconds }: { readonly seconds: number }): Promise<void> {
  const sold = await driver.sold('mongodb', 'developer');
  const requests: Readonly<Record<string, () => Promise<Answer>>> = {
    provision: () => driver.provision('refused', sold),
    'fetch instance': () => driver.fetchInstance('refused'),
    update: () => driver.update('refused', { service_id: sold.service_id }),
    deprovision: () => driver.deprovision('refused', sold),
    'last operation': () => driver.lastOperation('refused'),
    bind: () => driver.bind('refused', 'refused', sold),
    'fetch binding': () => driver.fetchBinding('refused', 'refused'),
    unbind: () => driver.unbind('refused', 'refused', sold),
    'last operation of a binding': () => driver.lastOperation('refused', 'refused'),
  };
  const end = Date.now() + seconds * 1_000;
  let slowest = 0;
  do {
    const answers = Object.entries(requests).map(async ([name, ask]) => {
      const began = performance.now();
      const { status, headers, body } = await ask();
      slowest = Math.max(slowest, performance.now() - began);
      return { name, status, retryAfter: headers.get('retry-after'), body };
    });
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) });
    }
    await sleep(100);
  } while (Date.now() < end);
  process.stdout.write(`without the store, 503 after ${Math.round(slowest)} ms at the latest\n`);
  expect(slowest).toBeLessThan(soonMilliseconds);
}
