import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { summary } from '../../src/rotate-keys.js';
import { KeyRing } from '../../src/store/encryption.js';
import type { Rotated } from '../../src/store/key-rotation.js';

const ring = new KeyRing(['new', 'old', 'older'].map((id) => ({ id, key: randomBytes(32) })));

describe('what keys:rotate tells at its end', () => {
  it.each<[string, Partial<Rotated>, readonly string[]]>([
    [
      'all is done',
      { count: 7 },
      ['old', 'older'].map(
        (id) => `nothing is encrypted with the key "${id}" any more: take it out of HOLDFAST_ENCRYPTION_KEYS`,
      ),
    ],
    [
      'a broker goes on with an older key',
      { count: 7, left: new Map([['old', 2]]) },
      [
        '2 values are still encrypted with the key "old": a broker still has it first in HOLDFAST_ENCRYPTION_KEYS, so restart that one and run this again',
        'nothing is encrypted with the key "older" any more: take it out of HOLDFAST_ENCRYPTION_KEYS',
      ],
    ],
    [
      'something does not open',
      { count: 7, left: new Map([['old', 1]]), unopened: ['service_bindings/b/secrets'] },
      [
        'service_bindings/b/secrets does not open with the key that it names, and stays as it is',
        '1 values are still encrypted with the key "old"',
        'nothing is encrypted with the key "older" any more: take it out of HOLDFAST_ENCRYPTION_KEYS',
      ],
    ],
  ])('%s', (_, rotated, lines) => {
    const told = summary({ count: 0, left: new Map(), unopened: [], ...rotated }, ring);
    expect(told).toEqual(['7 values were encrypted anew with the key "new"', ...lines]);
  });
});
