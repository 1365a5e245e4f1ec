import { expect, it } from 'vitest';
import { cacheSizeGB, mongodConfiguration } from '../../../../src/services/mongodb/replica-set/mongod-configuration.js';
import { set } from './examples.js';

it.each([
  ['512Mi', 0.25],
  ['1Gi', 0.25],
  ['2Gi', 0.5],
  ['2048Mi', 0.5],
  ['4Gi', 1.5],
  ['8Gi', 3.5],
  ['4000000000', 1.36],
  ['4G', 1.36],
  ['1.5Gi', 0.25],
])('gives the cache of a container of %s %d GB', (limit, expected) => {
  expect(cacheSizeGB(limit)).toBe(expected);
});

it.each([
  ['replica-set', undefined],
  ['configsvr', 'clusterRole: configsvr'],
  ['shardsvr', 'clusterRole: shardsvr'],
] as const)('gives a %s its cluster role', (role, expected) => {
  const text = mongodConfiguration({ ...set, role });
  expect(/clusterRole: \w+/.exec(text)?.[0]).toBe(expected);
});
