import { describe, expect, test } from 'vitest';
import { readCatalog } from '../../../src/catalog/read-catalog.js';
import { parameterSchemas } from '../../../src/services/mongodb/parameters.js';
import { templateSchema } from '../../../src/services/mongodb/template.js';
import type { AnyService } from '../../../src/services/service.js';

const mongodb = { name: 'mongodb', templateSchema, parameterSchemas } as unknown as AnyService;
const read = (file: string) => readCatalog(file, new Map([['mongodb', mongodb]]));

describe('catalog/default.yaml', () => {
  const catalog = read('catalog/default.yaml');

  test('has the plans that those who script against Holdfast rely on', () => {
    expect(catalog.plans().map(({ offering, plan }) => [offering.id, plan.name, plan.id])).toEqual([
      ['9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e01', 'developer', '9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e11'],
      ['9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e01', 'replica-set-small', '9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e12'],
      ['9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e01', 'replica-set-medium', '9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e13'],
      ['9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e01', 'replica-set-large', '9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e14'],
      ['9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e01', 'sharded-small', '9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e15'],
      ['9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e01', 'sharded-large', '9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e16'],
    ]);
  });

  test.each(catalog.plans().map(({ plan }) => [plan.name, plan] as const))('%s says what it is', (_, plan) => {
    expect(plan.metadata?.displayName).toBeTruthy();
    expect(plan.metadata?.bullets?.length).toBeGreaterThan(0);
    expect(plan.maintenanceInfo?.version).toBe('1.0.0');
    expect(plan.free || plan.metadata?.costs).toBeTruthy();
  });

  test('lets contexts be updated and bindings be rotated', () => {
    expect(catalog.offerings.map(({ allowContextUpdates }) => allowContextUpdates)).toEqual([true]);
    for (const { plan } of catalog.plans())
      expect(plan).toMatchObject({ planUpdateable: false, bindingRotatable: true });
  });

  test('gives a plan the template of its offering and its own fields', () => {
    expect(catalog.plans()[1]?.plan.template).toEqual({
      topology: 'replica-set',
      members: 3,
      version: '8.0',
      image: 'mongo:8.0.17',
      readinessImage: 'holdfast/mongodb-readiness:1',
      cpu: '500m',
      memory: '1Gi',
      memoryRequest: '1Gi',
      storage: '10Gi',
    });
  });
});

describe('a sharded plan', () => {
  test.each([
    ['sharded-small', { shards: 2, members: 3, configServers: { members: 3 }, routers: { count: 2 } }],
    ['sharded-large', { shards: 4, members: 3, configServers: { members: 3 }, routers: { count: 3 } }],
  ])('%s is what it says', (name, expected) => {
    const sold = read('catalog/default.yaml')
      .plans()
      .find(({ plan }) => plan.name === name);
    expect(sold?.plan.template).toMatchObject({ topology: 'sharded-cluster', image: 'mongo:8.0.17', ...expected });
  });
});

describe('local/catalog.yaml', () => {
  test('offers only what its images hold', () => {
    const names = read('local/catalog.yaml')
      .plans()
      .map(({ plan }) => plan.name);
    expect(names).toEqual(['developer', 'replica-set-small', 'replica-set-medium', 'replica-set-large']);
  });

  test('lays local images and small requests over the default', () => {
    const [, small] = read('local/catalog.yaml').plans();
    expect(small?.plan.template).toEqual({
      topology: 'replica-set',
      members: 3,
      version: '6.0',
      image: 'localhost/holdfast/mongodb:6.0.27',
      readinessImage: 'localhost/holdfast/mongodb-readiness:1',
      cpu: '15m',
      memory: '1Gi',
      memoryRequest: '160Mi',
      storage: '1Gi',
    });
  });
});
