import { describe, expect, it } from 'vitest';
import { refuseUpdate } from '../../../../src/services/mongodb/plan-changes.js';
import type { ReplicaSetTemplate } from '../../../../src/services/mongodb/template.js';
import { shardedTemplate, template } from './examples.js';

const possible =
  'what can be updated are the parameters read_only, default_write_concern and default_read_concern, with the plan as it is';

const refusalOf = (over: Partial<ReplicaSetTemplate>, parameters = {}) =>
  refuseUpdate({ template, parameters: {} }, { template: { ...template, ...over }, parameters });

describe('an update', () => {
  it.each<[string, Partial<ReplicaSetTemplate>]>([
    ['the number of members from 3 to 5', { members: 5 }],
    ['the CPU from 500m to 1', { cpu: '1' }],
    ['the memory from 2Gi to 4Gi', { memory: '4Gi' }],
    ['the requested memory from 2Gi to 1Gi', { memoryRequest: '1Gi' }],
    ['the storage from 10Gi to 20Gi', { storage: '20Gi' }],
    ["the storage class from the cluster's default to fast", { storageClass: 'fast' }],
    ['the exposure', { outside: { exposure: 'node-port', domain: 'db.example.com' } }],
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

  it('cannot change how an instance is exposed, nor below which domain', () => {
    const outside = { exposure: 'node-port', domain: 'a.org' } as const;
    const before = { template: { ...template, outside }, parameters: {} };
    for (const changed of [undefined, { ...outside, domain: 'b.org' }, { ...outside, exposure: 'load-balancer' }]) {
      const after = { template: { ...template, outside: changed }, parameters: {} } as typeof before;
      expect(refuseUpdate(before, after)).toMatch(/^the update would change the exposure, /);
    }
    expect(refuseUpdate(before, before)).toBeUndefined();
  });

  it('can change any parameters', () => {
    expect(refusalOf({}, { read_only: true, default_write_concern: '1' })).toBeUndefined();
  });

  it('can come with a plan that says the same', () => {
    const stored: ReplicaSetTemplate = JSON.parse(JSON.stringify(template));
    expect(refuseUpdate({ template: stored, parameters: {} }, { template, parameters: {} })).toBeUndefined();
    expect(refusalOf({ storageClass: undefined })).toBeUndefined();
  });
});

describe('an update of a sharded cluster', () => {
  const refusal = (before: object, after: object, version = '6.0.27') => {
    const changed = { ...shardedTemplate, version };
    const form = (parameters: object) => ({ template: changed, parameters: { ...parameters } });
    return refuseUpdate(form(before), form({ ...before, ...after }));
  };
  const pause =
    'with fewer shards, databases may have to move to other shards, and MongoDB 6.0.27 cannot move a database that is ' +
    'written to; allow the writes of apps to be refused meanwhile with the parameter allow_write_pause: true';

  it.each<[object, object, string, string | undefined]>([
    [{}, { shards: 3, members: 5, routers: 4 }, '6.0.27', undefined],
    [{ shards: 3 }, { shards: 2 }, '6.0.27', pause],
    [{ shards: 3 }, { shards: 2, allow_write_pause: false }, '6.0.27', pause],
    [{ shards: 3 }, { shards: 2 }, '7.0.28', pause.replace('6.0.27', '7.0.28')],
    [{ shards: 3 }, { shards: 2, allow_write_pause: true }, '6.0.27', undefined],
    [{ shards: 3 }, { shards: 2 }, '8.0.17', undefined],
    [{ shards: 3 }, { shards: 2 }, '10.0', undefined],
    [{ shards: 3, members: 5, routers: 3 }, { members: 3, routers: 2 }, '6.0.27', undefined],
  ])('from %j to %j with MongoDB %s: %s', (before, after, version, expected) => {
    expect(refusal(before, after, version)).toBe(expected);
  });

  it('cannot make a replica set of it', () => {
    expect(refuseUpdate({ template: shardedTemplate, parameters: {} }, { template, parameters: {} })).toMatch(
      /^the update would change the topology from sharded-cluster to replica-set, the number of shards from 2 to none, the config servers/,
    );
  });

  it('tells what can be updated', () => {
    const to = { template: { ...shardedTemplate, cpu: '9' }, parameters: {} };
    expect(refuseUpdate({ template: shardedTemplate, parameters: {} }, to)).toBe(
      'the update would change the CPU from 500m to 9, which is not possible yet; what can be updated are the parameters ' +
        'shards, members, routers, read_only, default_write_concern and default_read_concern, with the plan as it is',
    );
  });
});
