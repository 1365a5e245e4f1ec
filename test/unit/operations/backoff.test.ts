import { describe, expect, it } from 'vitest';
import { retryBackoff, waitBackoff } from '../../../src/operations/backoff.js';

describe('waitBackoff', () => {
  it.each([
    [0, 1_000],
    [1, 2_000],
    [2, 4_000],
    [3, 8_000],
    [4, 15_000],
    [1_000, 15_000],
  ])('after %i pauses is %i ms', (pauses, milliseconds) => {
    expect(waitBackoff(pauses)).toBe(milliseconds);
  });
});

describe('retryBackoff', () => {
  it.each([
    [0, 0, 500],
    [0, 0.5, 375],
    [1, 0, 1_000],
    [3, 0, 4_000],
    [9, 0, 15_000],
    [1_000, 0.999999, 7_500],
  ])('after %i pauses, with %f of chance, is %i ms', (pauses, chance, milliseconds) => {
    expect(retryBackoff(pauses, () => chance)).toBe(milliseconds);
  });
});
