import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { accessOf, parameterSchemas } from '../../../../src/services/mongodb/parameters.js';

const isValid = new Ajv({ strict: true }).compile(parameterSchemas.bind);

describe('bind parameters', () => {
  it.each([
    {},
    { database: 'orders' },
    { database: 'a' },
    { database: 'admin2' },
    { database: 'x'.repeat(63) },
    { role: 'read' },
    { database: 'a-b_C', role: 'dbOwner' },
  ])('take %j', (parameters) => {
    expect(isValid(parameters)).toBe(true);
  });

  it.each([
    { database: '' },
    { database: 'admin' },
    { database: 'Local' },
    { database: 'config' },
    { database: 'a.b' },
    { database: 'a b' },
    { database: 'a$' },
    { database: 'a/b' },
    { database: 'x'.repeat(64) },
    { database: 1 },
    { role: 'root' },
    { roles: ['read'] },
  ])('refuse %j', (parameters) => {
    expect(isValid(parameters)).toBe(false);
  });

  it('have defaults', () => {
    expect(accessOf({})).toEqual({ database: 'app', role: 'readWrite' });
    expect(accessOf({ role: 'read' })).toEqual({ database: 'app', role: 'read' });
  });
});

it('provision takes no parameters', () => {
  const isValidProvision = new Ajv({ strict: true }).compile(parameterSchemas.provision);
  expect(isValidProvision({})).toBe(true);
  expect(isValidProvision({ members: 5 })).toBe(false);
});
