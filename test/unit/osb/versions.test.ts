import { describe, expect, test } from 'vitest';
import {
  type Answer,
  type ApiVersion,
  behaviourSince,
  knownFields,
  parseApiVersion,
  visible,
} from '../../../src/osb/versions.js';

const versions: readonly ApiVersion[] = [13, 14, 15, 16, 17];
const from = (since: ApiVersion) => versions.filter((version) => version >= since);

describe('OSB › API Version Header', () => {
  test.each([
    ['2.13', 13],
    ['2.14', 14],
    ['2.17', 17],
    [' 2.16 ', 16],
    ['2.18', 17],
    ['2.99', 17],
    ['2.12', undefined],
    ['1.13', undefined],
    ['3.0', undefined],
    ['2', undefined],
    ['2.x', undefined],
    ['2.13.1', undefined],
    ['', undefined],
  ])('%j', (header, version) => {
    expect(parseApiVersion(header)).toBe(version);
  });
});

describe('a field is told from the version on that brought it', () => {
  const cases: readonly (readonly [Answer, string, ApiVersion])[] = [
    ['offering', 'name', 13],
    ['offering', 'bindable', 13],
    ['offering', 'plan_updateable', 13],
    ['offering', 'instances_retrievable', 14],
    ['offering', 'bindings_retrievable', 14],
    ['offering', 'allow_context_updates', 15],
    ['plan', 'schemas', 13],
    ['plan', 'plan_updateable', 15],
    ['plan', 'maximum_polling_duration', 15],
    ['plan', 'maintenance_info', 15],
    ['plan', 'binding_rotatable', 17],
    ['instance', 'parameters', 13],
    ['instance', 'metadata', 16],
    ['instance', 'metadata.labels', 16],
    ['instance', 'metadata.attributes', 17],
    ['instance', 'maintenance_info', 17],
    ['binding', 'credentials', 13],
    ['binding', 'endpoints', 15],
    ['binding', 'metadata', 16],
    ['binding', 'metadata.expires_at', 16],
    ['binding', 'metadata.renew_before', 17],
    ['lastOperation', 'description', 13],
    ['lastOperation', 'instance_usable', 16],
    ['lastOperation', 'update_repeatable', 16],
  ];
  test.each(cases)('%s › %s: 2.%d', (answer, path, since) => {
    const names = path.split('.');
    const fields = names.reduceRight<unknown>((value, name) => ({ [name]: value }), true) as object;
    const told = versions.filter((version) => {
      const answered: unknown = visible(answer, fields, version);
      return names.reduce((value, name) => (value as Record<string, unknown> | undefined)?.[name], answered) === true;
    });
    expect(told).toEqual(from(since));
  });
});

describe('a field of a request counts from the version on that brought it', () => {
  const cases: readonly (readonly [string, ApiVersion])[] = [
    ['service_id', 13],
    ['parameters', 13],
    ['context', 13],
    ['unknown', 13],
    ['maintenance_info', 15],
    ['predecessor_binding_id', 17],
  ];
  test.each(cases)('%s: 2.%d', (field, since) => {
    expect(versions.filter((version) => field in knownFields({ [field]: 1 }, version))).toEqual(from(since));
  });
});

test('behaviours', () => {
  expect(behaviourSince).toEqual({ asynchronousBindings: 14, retryAfter: 15, conditionalCatalog: 16 });
});
