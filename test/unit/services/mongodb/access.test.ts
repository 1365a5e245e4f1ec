import { describe, expect, it } from 'vitest';
import { compileParameterSchema } from '../../../../src/catalog/parameters.js';
import { accessOf } from '../../../../src/services/mongodb/access.js';
import { parameterSchemas } from '../../../../src/services/mongodb/parameters.js';
import { template } from './examples.js';

const wrongIn = compileParameterSchema(parameterSchemas(template).bind);

const bytes = (text: string) => Buffer.byteLength(text);

describe('a database of a binding', () => {
  it.each([
    'a',
    'orders',
    'Orders-2_b',
    'admin2',
    'local_admin',
    'configuration',
    "!#%&'()+,;=@^_`{}~[]",
    'x'.repeat(63),
    'größe',
    'заказы',
    '注文',
    'ü'.repeat(21),
    '日'.repeat(21),
    '\uffff'.repeat(21),
  ])('can be %j', (database) => {
    expect(wrongIn({ database })).toEqual([]);
    expect(bytes(database)).toBeLessThanOrEqual(63);
  });

  it.each([
    '',
    'x'.repeat(64),
    '日'.repeat(22),
    `${'x'.repeat(61)}日`,
    // Beyond the basic plane, and halves of what is there.
    '🍃',
    '\ud83c',
    '\udf43',
    'admin',
    'local',
    'config',
    'ADMIN',
    'Local',
    'cONFIG',
    'a\nb',
    'a\u0000',
    '\u0000',
    'a\u007f',
    'a\u0085',
    'a\u00a0b',
    'orders\n',
    ...[...'/\\. "$*<>:|?'].flatMap((refused) => [refused, `a${refused}`, `${refused}a`, `a${refused}b`]),
  ])('cannot be %j', (database) => {
    expect(wrongIn({ database })).not.toEqual([]);
  });

  it.each([1, true, ['a'], { name: 'a' }, null])('is no %j', (database) => {
    expect(wrongIn({ database })).toEqual(['parameter "database" must be of type string']);
  });
});

describe('a role of a binding', () => {
  it.each(['readWrite', 'read', 'dbAdmin', 'dbOwner'])('can be %s', (role) => {
    expect(wrongIn({ role })).toEqual([]);
  });

  it.each(['root', 'userAdmin', 'readwrite', 'readWriteAnyDatabase', '', 1])('cannot be %j', (role) => {
    expect(wrongIn({ role })).toContain('parameter "role" must be one of "readWrite", "read", "dbAdmin", "dbOwner"');
  });
});

it('a binding has no other parameters', () => {
  expect(wrongIn({ roles: ['read'] })).toEqual(['parameter "roles" is unknown; there are: database, role']);
});

it.each([
  [{}, { database: 'db-abc', role: 'readWrite' }],
  [{ role: 'read' }, { database: 'db-abc', role: 'read' }],
  [{ database: 'orders' }, { database: 'orders', role: 'readWrite' }],
  [
    { database: 'orders', role: 'dbOwner' },
    { database: 'orders', role: 'dbOwner' },
  ],
])('%j is, for the instance abc, %j', (parameters, access) => {
  expect(accessOf(parameters, 'abc')).toEqual(access);
});

it('the database that bindings have by default is one that they may name', () => {
  const { database } = accessOf({}, 'abcdefghijklmnopqrst');
  expect(wrongIn({ database })).toEqual([]);
});
