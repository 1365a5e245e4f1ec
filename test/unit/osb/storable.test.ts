import { expect, test } from 'vitest';
import { whyNotStorable } from '../../../src/osb/storable.js';

const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

test.each([
  [{ a: [1, 'ü 日本語 😀', null, true, -1.5e300] }, undefined],
  [nested(64), undefined],
  [nested(65), 'it is nested more than 64 levels deep'],
  [{ a: { 'b\0': 1 } }, 'a field name in it holds a NUL character'],
  [{ a: { _bsontype: 'ObjectId' } }, 'a field name in it is _bsontype'],
  [{ a: ['\ud800'] }, 'a text in it is not Unicode'],
  [{ '\udfff': 1 }, 'a text in it is not Unicode'],
  [JSON.parse('{"a": 1e999}'), 'a number in it is too large'],
])('%#', (value, reason) => {
  expect(whyNotStorable(value)).toBe(reason);
});
