import { describe, expect, it } from 'vitest';
import { isRemembered, tellOperation } from '../../../src/brokering/last-operation.js';
import { operation } from './fixtures.js';

describe('tellOperation', () => {
  it.each([
    ['running', { state: 'in progress', retryAfter: 1 }],
    ['succeeded', { state: 'succeeded' }],
    ['failed', { state: 'failed' }],
    ['superseded', { state: 'failed' }],
  ] as const)('%s', (state, told) => {
    const common = { description: 'starting the members' };
    expect(tellOperation(operation({ state }))).toEqual({ ...common, ...told });
  });
});

describe('tellOperation of what is queued', () => {
  it.each([
    [0, 'it is next'],
    [1, '1 before it'],
    [1_000, '1000 or more before it'],
  ])('behind %i', (ahead, place) => {
    const description = `waiting for other operations to end: ${place}`;
    const told = { state: 'in progress', description, retryAfter: 5 };
    expect(tellOperation(operation({ state: 'queued' }), ahead)).toEqual(told);
  });
});

describe('tellOperation of a failure', () => {
  it.each([
    ['provision', {}],
    ['update', { instanceUsable: true, updateRepeatable: true }],
    ['deprovision', { instanceUsable: false }],
    ['bind', {}],
    ['unbind', {}],
  ] as const)('%s', (kind, told) => {
    const common = { state: 'failed', description: 'starting the members' };
    expect(tellOperation(operation({ kind, state: 'failed' }))).toEqual({ ...common, ...told });
  });
});

describe('retryAfter', () => {
  it.each([
    [0, 1],
    [4, 5],
    [100, 10],
  ])('after %i pauses without progress is %i s', (pauses, retryAfter) => {
    expect(tellOperation(operation({ pauses }))).toMatchObject({ retryAfter });
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
