import { describe, expect, it } from 'vitest';
import { type Schema, strict, strictDefinitions } from '../../chart/strict-schema.js';

describe('strict', () => {
  const text = { type: 'string' };
  it.each<[string, Schema, Schema]>([
    ['a value as it is', { type: 'string', description: 'told' }, text],
    ['no other fields', { properties: { a: text } }, { properties: { a: text }, additionalProperties: false }],
    [
      'no other fields further down',
      { items: { properties: { a: { properties: { b: text } } } } },
      {
        items: {
          properties: { a: { properties: { b: text }, additionalProperties: false } },
          additionalProperties: false,
        },
      },
    ],
    ['any fields of an object without names', { type: 'object' }, { type: 'object' }],
    [
      'a map',
      { additionalProperties: { properties: {} } },
      { additionalProperties: { properties: {}, additionalProperties: false } },
    ],
    ['a map of anything', { additionalProperties: true }, { additionalProperties: true }],
    [
      'fields that are kept though unknown',
      { properties: {}, 'x-kubernetes-preserve-unknown-fields': true },
      { properties: {}, 'x-kubernetes-preserve-unknown-fields': true },
    ],
    ['a port', { type: 'string', format: 'int-or-string' }, { type: ['string', 'integer'] }],
    ['a port of an extension', { anyOf: [], 'x-kubernetes-int-or-string': true }, { type: ['string', 'integer'] }],
    ['alternatives of some fields', { not: { properties: { a: text } } }, { not: { properties: { a: text } } }],
    [
      'a field that is called description',
      { properties: { description: text } },
      { properties: { description: text }, additionalProperties: false },
    ],
  ])('allows %s', (_, schema, wanted) => {
    expect(strict(schema)).toEqual(wanted);
  });
});

it('a quantity may be a number', () => {
  const name = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
  expect(strictDefinitions({ [name]: { type: 'string' }, other: { type: 'string' } })).toEqual({
    [name]: { type: ['string', 'number'] },
    other: { type: 'string' },
  });
});
