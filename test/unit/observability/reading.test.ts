import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Reading } from '../../../src/observability/reading.js';

const milliseconds = { kept: 50, bound: 50 };

it('reads once for all who ask within some time, and then again', async () => {
  let reads = 0;
  const reading = new Reading(async () => ++reads, milliseconds);
  expect(await Promise.all([reading.get(), reading.get()])).toEqual([1, 1]);
  expect(await reading.get()).toBe(1);
  await sleep(100);
  expect(await reading.get()).toBe(2);
});

it('answers nothing where it fails', async () => {
  const reading = new Reading(() => Promise.reject(new Error('down')), milliseconds);
  expect(await reading.get()).toBeUndefined();
});

it('answers nothing where it takes too long, and does not begin again meanwhile', async () => {
  let reads = 0;
  let answer = (_: number) => {};
  const reading = new Reading(() => {
    reads += 1;
    return new Promise<number>((resolve) => {
      answer = resolve;
    });
  }, milliseconds);
  expect(await reading.get()).toBeUndefined();
  expect(await reading.get()).toBeUndefined();
  expect(reads).toBe(1);
  answer(7);
  expect(await reading.get()).toBe(7);
});
