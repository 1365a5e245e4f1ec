import { afterAll, beforeAll, describe, expect, test } from 'vitest';

test('passes', () => expect(1).toBe(1));
test.skip('is skipped', () => expect(1).toBe(2));
test('fails', () => expect({ status: 500 }).toEqual({ status: 401 }));

describe('a group', () => {
  beforeAll(() => {
    throw new Error('no set-up');
  });
  test('is not run', () => expect(1).toBe(1));
});

describe('another group', () => {
  afterAll(() => {
    throw new Error('no tear-down');
  });
  test('passes', () => expect(1).toBe(1));
});
