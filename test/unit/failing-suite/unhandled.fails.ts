import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

test('leaves an error to nobody', async () => {
  void Promise.reject(new Error('nobody caught this'));
  await sleep(50);
  expect(1).toBe(1);
});
