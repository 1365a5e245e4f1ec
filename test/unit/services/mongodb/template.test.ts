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

describe.each([
  ['a replica set', plan],
  ['a sharded cluster', shardedPlan],
])('exposure of %s', (_, plan) => {
  const outside = { domain: 'db.example.com' };

  it('to the cluster is what there is without saying so', () => {
    expect(templateSchema.parse({ ...plan, exposure: 'cluster' })).toEqual(templateSchema.parse(plan));
    expect(templateSchema.parse(plan)).not.toHaveProperty('outside');
  });

  it.each([
    ['node-port', outside],
    ['load-balancer', { ...outside, annotations: { 'example.com/internal': 'true' } }],
    ['node-port', { domain: 'localhost' }],
    ['node-port', { domain: '10-0-0-1.sslip.io' }],
  ])('by %s, below %j', (exposure, outside) => {
    const template = templateSchema.parse({ ...plan, exposure, outside });
    expect(template.outside).toEqual({ exposure, ...outside });
    expect(template).not.toHaveProperty('exposure');
  });

  const noName = 'is no DNS name in lower case (nor may it be an IP address: MongoDB goes by the name in TLS)';
  it.each<[object, string, string | undefined]>([
    [
      { exposure: 'node-port' },
      'outside',
      "is missing: exposure node-port needs outside.domain, the DNS domain of the servers' names",
    ],
    [
      { outside },
      'outside',
      'is of no use with exposure cluster: set exposure to node-port or load-balancer, or leave it out',
    ],
    [{ exposure: 'public', outside }, 'exposure', undefined],
    [{ exposure: 'node-port', outside: {} }, 'outside.domain', undefined],
    [{ exposure: 'node-port', outside: { ...outside, port: 1 } }, 'outside', undefined],
    [{ exposure: 'node-port', outside: { ...outside, annotations: { a: 1 } } }, 'outside.annotations.a', undefined],
    ...['10.0.0.1', '*.example.com', 'db_example.com', 'Db.example.com', 'db.example.com.', '-db.example.com', ''].map(
      (domain): [object, string, string] => [{ exposure: 'node-port', outside: { domain } }, 'outside.domain', noName],
    ),
    [{ exposure: 'node-port', outside: { domain: `${'a.'.repeat(100)}com` } }, 'outside.domain', undefined],
  ])('refuses %j', (change, path, message) => {
    const [issue] = templateSchema.safeParse({ ...plan, ...change }).error?.issues ?? [];
    expect(issue?.path.join('.')).toBe(path);
    if (message) expect(issue?.message).toBe(message);
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
