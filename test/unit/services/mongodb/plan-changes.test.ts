import { describe, expect, it } from 'vitest';
import { refuseUpdate } from '../../../../src/services/mongodb/plan-changes.js';
import type { Template } from '../../../../src/services/mongodb/template.js';
import { template } from './examples.js';

const possible =
  'what can be updated are the parameters read_only, default_write_concern and default_read_concern, with the plan as it is';

const refusalOf = (over: Partial<Template>, parameters = {}) =>
  refuseUpdate({ template, parameters: {} }, { template: { ...template, ...over }, parameters });

describe('an update', () => {
  it.each<[string, Partial<Template>]>([
    ['the number of members from 3 to 5', { members: 5 }],
    ['the CPU from 500m to 1', { cpu: '1' }],
    ['the memory from 2Gi to 4Gi', { memory: '4Gi' }],
    ['the requested memory from 2Gi to 1Gi', { memoryRequest: '1Gi' }],
    ['the storage from 10Gi to 20Gi', { storage: '20Gi' }],
    ["the storage class from the cluster's default to fast", { storageClass: 'fast' }],
    ['the MongoDB image', { image: 'registry.internal/mongo:6.0.28' }],
    ['the image of the readiness probe', { readinessImage: 'registry.internal/readiness:2' }],
    ['the MongoDB version from 6.0.27 to 7.0.28 and the MongoDB image', { version: '7.0.28', image: 'mongo:7.0.28' }],
    [
      'the number of members from 3 to 5, the CPU from 500m to 1 and the storage from 10Gi to 20Gi',
      { members: 5, cpu: '1', storage: '20Gi' },
    ],
  ])('cannot change %s', (changes, over) => {
    const refusal = `the update would change ${changes}, which is not possible yet; ${possible}`;
    expect(refusalOf(over)).toBe(refusal);
    expect(refusalOf(over, { read_only: true })).toBe(refusal);
  });

  it('can change any parameters', () => {
    expect(refusalOf({}, { read_only: true, default_write_concern: '1' })).toBeUndefined();
  });

  it('can come with a plan that says the same', () => {
    const stored: Template = JSON.parse(JSON.stringify(template));
    expect(refuseUpdate({ template: stored, parameters: {} }, { template, parameters: {} })).toBeUndefined();
    expect(refusalOf({ storageClass: undefined })).toBeUndefined();
  });
});
