import { describe, expect, it } from 'vitest';
import { isRemembered, tellOperation } from '../../../src/brokering/last-operation.js';
import { operation } from './fixtures.js';

describe('tellOperation', () => {
  it.each([
    ['queued', { state: 'in progress', retryAfter: 5 }],
    ['running', { state: 'in progress', retryAfter: 1 }],
    ['succeeded', { state: 'succeeded' }],
    ['failed', { state: 'failed' }],
    ['superseded', { state: 'failed' }],
  ] as const)('%s', (state, told) => {
    const common = { description: 'starting the members' };
    expect(tellOperation(operation({ state }))).toEqual({ ...common, ...told });
  });
});

describe('isRemembered', () => {
  const now = new Date(100_000);
  it.each([
    ['never deleted', undefined, 3_600, false],
    ['deleted just now', new Date(99_999), 3_600, true],
    ['deleted a second less than the grace period ago', new Date(91_000), 10, true],
    ['deleted the grace period ago', new Date(90_000), 10, false],
    ['no grace period', new Date(100_000), 0, false],
  ])('%s', (_name, deletedAt, graceSeconds, remembered) => {
    expect(isRemembered(deletedAt, graceSeconds, now)).toBe(remembered);
  });
});
