import { describe, expect, it } from 'vitest';
import { compileParameterSchema } from '../../../../src/catalog/parameters.js';
import { parameterSchemas } from '../../../../src/services/mongodb/parameters.js';
import { areDefaults, settingNames, settingsOf } from '../../../../src/services/mongodb/settings.js';
import type { JsonObject } from '../../../../src/services/service.js';
import { template } from './examples.js';

describe.each(['provision', 'update'] as const)('the parameters of %s', (verb) => {
  const wrongIn = compileParameterSchema(parameterSchemas(template)[verb]);

  it.each<JsonObject>([
    {},
    { read_only: true },
    { read_only: false },
    { default_write_concern: 'majority' },
    { default_write_concern: '1' },
    { default_read_concern: 'local' },
    { default_read_concern: 'majority' },
    { default_read_concern: 'available' },
    { read_only: true, default_write_concern: '1', default_read_concern: 'majority' },
  ])('can be %j', (parameters) => {
    expect(wrongIn(parameters)).toEqual([]);
  });

  it.each<[JsonObject, string]>([
    [{ read_only: 'true' }, 'parameter "read_only" must be of type boolean'],
    [{ read_only: null }, 'parameter "read_only" must be of type boolean'],
    [{ default_write_concern: 1 }, 'parameter "default_write_concern" must be of type string'],
    [{ default_write_concern: '0' }, 'parameter "default_write_concern" must be one of "majority", "1"'],
    [{ default_write_concern: '2' }, 'parameter "default_write_concern" must be one of "majority", "1"'],
    [
      { default_read_concern: 'linearizable' },
      'parameter "default_read_concern" must be one of "local", "majority", "available"',
    ],
    [
      { members: 5 },
      'parameter "members" is unknown; there are: read_only, default_write_concern, default_read_concern',
    ],
  ])('cannot be %j', (parameters, wrong) => {
    expect(wrongIn(parameters)).toContain(wrong);
  });

  it('are described, each with the default that holds', () => {
    const properties = parameterSchemas(template)[verb].properties as Record<string, JsonObject>;
    expect(Object.keys(properties)).toEqual(settingNames);
    for (const { description } of Object.values(properties)) expect(description).toMatch(/\w/);
    const defaults = Object.entries(properties).map(([name, property]) => [name, property.default]);
    expect(Object.fromEntries(defaults)).toEqual(settingsOf({}));
  });
});

it.each<[JsonObject, JsonObject, boolean]>([
  [{}, { read_only: false, default_write_concern: 'majority', default_read_concern: 'local' }, true],
  [{ read_only: false }, { read_only: false, default_write_concern: 'majority', default_read_concern: 'local' }, true],
  [{ read_only: true }, { read_only: true, default_write_concern: 'majority', default_read_concern: 'local' }, false],
  [
    { default_write_concern: '1' },
    { read_only: false, default_write_concern: '1', default_read_concern: 'local' },
    false,
  ],
  [
    { default_read_concern: 'available' },
    { read_only: false, default_write_concern: 'majority', default_read_concern: 'available' },
    false,
  ],
])('%j is %j', (parameters, settings, isDefault) => {
  expect(settingsOf(parameters)).toEqual(settings);
  expect(areDefaults(settingsOf(parameters))).toBe(isDefault);
});
