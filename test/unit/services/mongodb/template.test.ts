import { describe, expect, it } from 'vitest';
import { templateSchema } from '../../../../src/services/mongodb/template.js';
import { plan, shardedPlan } from './examples.js';

describe('template', () => {
  it('looks the image of the version up', () => {
    expect(templateSchema.parse(plan)).toEqual({
      topology: 'replica-set',
      members: 3,
      version: '6.0.27',
      image: 'mongo:6.0.27',
      readinessImage: 'holdfast/mongodb-readiness:1',
      cpu: '500m',
      memory: '2Gi',
      memoryRequest: '2Gi',
      storage: '10Gi',
    });
  });

  it('lets a request be smaller than the limit', () => {
    expect(templateSchema.parse({ ...plan, memoryRequest: '160Mi' })).toMatchObject({
      memory: '2Gi',
      memoryRequest: '160Mi',
    });
  });

  it.each([
    ['an unknown version', { version: '5.0' }, 'version', 'is not in versions, which has: 6.0.27'],
    ['an even number of members', { members: 2 }, 'members', undefined],
    ['an unknown topology', { topology: 'ring' }, 'topology', undefined],
    ['what is no quantity', { memory: '2 GB' }, 'memory', 'is no Kubernetes quantity of bytes'],
    ['thousandths of a byte', { storage: '5m' }, 'storage', 'is no Kubernetes quantity of bytes'],
    ['what is no CPU', { cpu: '1Gi' }, 'cpu', 'is no Kubernetes quantity of CPU'],
    ['what is no label', { version: 'six zero' }, 'version', 'cannot be the value of a label'],
  ])('refuses %s', (_, change, path, message) => {
    const { error } = templateSchema.safeParse({ ...plan, ...change });
    expect(error?.issues[0]?.path).toEqual([path]);
    if (message) expect(error?.issues[0]?.message).toBe(message);
  });

  it('refuses a field that it does not know', () => {
    expect(templateSchema.safeParse({ ...plan, memmory: '1Gi' }).success).toBe(false);
  });
});

describe('template of a sharded cluster', () => {
  it('has its memory requests and greatest numbers filled in', () => {
    expect(templateSchema.parse(shardedPlan)).toEqual({
      topology: 'sharded-cluster',
      shards: 2,
      members: 3,
      version: '6.0.27',
      image: 'mongo:6.0.27',
      readinessImage: 'holdfast/mongodb-readiness:1',
      cpu: '500m',
      memory: '2Gi',
      memoryRequest: '2Gi',
      storage: '10Gi',
      configServers: { members: 3, cpu: '250m', memory: '1Gi', memoryRequest: '1Gi', storage: '5Gi' },
      routers: { count: 2, cpu: '250m', memory: '512Mi', memoryRequest: '512Mi' },
      most: { shards: 12, members: 7, routers: 12 },
    });
  });

  it.each([
    ['no shard', { shards: 0 }, ['shards']],
    ['half a shard', { shards: 1.5 }, ['shards']],
    ['no router', { routers: { ...shardedPlan.routers, count: 0 } }, ['routers', 'count']],
    [
      'two config servers',
      { configServers: { ...shardedPlan.configServers, members: 2 } },
      ['configServers', 'members'],
    ],
    ['no config servers', { configServers: undefined }, ['configServers']],
    ['an unknown field of routers', { routers: { ...shardedPlan.routers, storage: '1Gi' } }, ['routers']],
  ])('refuses %s', (_, change, path) => {
    expect(templateSchema.safeParse({ ...shardedPlan, ...change }).error?.issues[0]?.path).toEqual(path);
  });

  it('refuses the fields of a sharded cluster in a replica set', () => {
    expect(templateSchema.safeParse({ ...plan, shards: 2 }).success).toBe(false);
  });
});
