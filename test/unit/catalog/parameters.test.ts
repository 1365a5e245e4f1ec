import { describe, expect, test } from 'vitest';
import { compileParameterSchema } from '../../../src/catalog/parameters.js';

const draft07 = 'http://json-schema.org/draft-07/schema#';

const validate = compileParameterSchema({
  $schema: draft07,
  type: 'object',
  additionalProperties: false,
  required: ['database'],
  properties: {
    database: { type: 'string', pattern: '^[a-z]+$', description: 'small letters' },
    role: { enum: ['read', 'readWrite'] },
    members: { type: 'array', items: { type: 'object', properties: { weight: { type: 'integer', minimum: 1 } } } },
  },
});

describe('what is wrong is told in the words of the user', () => {
  test.each([
    [{ database: 'app' }, []],
    [{}, ['parameter "database" is missing']],
    [{ database: 5 }, ['parameter "database" must be of type string']],
    [{ database: 'App' }, ['parameter "database" must match pattern "^[a-z]+$" (small letters)']],
    [{ database: 'app', role: 'root' }, ['parameter "role" must be one of "read", "readWrite"']],
    [{ database: 'app', 'si/ze': 1 }, ['parameter "si/ze" is unknown; there are: database, role, members']],
    [{ database: 'app', members: [{ weight: 0 }] }, ['parameter "members[0].weight" must be >= 1']],
    [
      { role: 1, size: 2 },
      [
        'parameter "database" is missing',
        'parameter "size" is unknown; there are: database, role, members',
        'parameter "role" must be one of "read", "readWrite"',
      ],
    ],
  ])('%j', (parameters, expected) => {
    expect(validate(parameters)).toEqual(expected);
  });
});

describe('every dialect that platforms may meet', () => {
  test.each([
    ['http://json-schema.org/draft-04/schema#', { minimum: 3, exclusiveMinimum: true }],
    [draft07, { exclusiveMinimum: 3 }],
    ['https://json-schema.org/draft/2020-12/schema', { exclusiveMinimum: 3 }],
  ])('%s', ($schema, size) => {
    const check = compileParameterSchema({ $schema, type: 'object', properties: { size } });
    expect(check({ size: 4 })).toEqual([]);
    expect(check({ size: 3 })).toEqual(['parameter "size" must be > 3']);
  });
});

describe('a schema that breaks a rule of the specification', () => {
  test.each([
    [{ type: 'object' }, 'its $schema is missing'],
    [{ $schema: 'http://json-schema.org/draft-03/schema#' }, 'is none of draft-04'],
    [{ $schema: draft07, properties: { a: { $ref: 'http://elsewhere/a.json' } } }, 'which is outside of it'],
    [{ $schema: draft07, description: 'x'.repeat(64 * 1024) }, 'more than 64 kB'],
    [{ $schema: draft07, type: 'thing' }, 'schema is invalid'],
  ])('%.60j', (schema, reason) => {
    expect(() => compileParameterSchema(schema)).toThrow(reason);
  });
});
