import type { Db } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { compileParameterSchema } from '../../../../src/catalog/parameters.js';
import { parameterSchemas } from '../../../../src/services/mongodb/parameters.js';
import { unknownMembers } from '../../../../src/services/mongodb/sharded-cluster/bring-up.js';
import { surplus } from '../../../../src/services/mongodb/sharded-cluster/drain.js';
import {
  type DrainingReply,
  describeDraining,
  drainCommandsOf,
  type NextMove,
  nextMove,
  remainderOf,
} from '../../../../src/services/mongodb/sharded-cluster/draining.js';
import { seedsOf, shardIndexOf } from '../../../../src/services/mongodb/sharded-cluster/sharded-cluster.js';
import type { JsonObject } from '../../../../src/services/service.js';
import { sharded, shardedOf, shardedTemplate } from './examples.js';

const names = (sets: readonly { readonly name: string }[]) => sets.map(({ name }) => name);

describe('a sharded cluster', () => {
  it('is as its plan says, at first', () => {
    expect(names(sharded.shards)).toEqual(['shard0', 'shard1']);
    expect(sharded.shards.map(({ members, role }) => [members, role])).toEqual([
      [3, 'shardsvr'],
      [3, 'shardsvr'],
    ]);
    expect(sharded.configServers).toMatchObject({
      name: 'cfg',
      role: 'configsvr',
      members: 3,
      plan: { memory: '1Gi' },
    });
    expect(sharded.routers).toMatchObject({ count: 2, plan: { memory: '512Mi', image: 'mongo:6.0.27' } });
  });

  it('is as its parameters say, later', () => {
    const larger = shardedOf({ shards: 3, members: 5, routers: 4, read_only: true });
    expect(names(larger.shards)).toEqual(['shard0', 'shard1', 'shard2']);
    expect(larger.shards.map(({ members }) => members)).toEqual([5, 5, 5]);
    expect(larger.configServers.members).toBe(3);
    expect(larger.routers.count).toBe(4);
  });

  it('names its sets as addShard and mongos.conf have them', () => {
    const domain = 'm-abcdefghij0123456789.svc.cluster.local:27017';
    const host = (ordinal: number) => `shard1-${ordinal}.shard.${domain}`;
    const [, second] = sharded.shards;
    expect(second && seedsOf(second)).toBe(`shard1/${host(0)},${host(1)},${host(2)}`);
  });
});

describe('the members that a cluster does not know', () => {
  const host = (shard: string, ordinal: number) =>
    `${shard}-${ordinal}.shard.m-abcdefghij0123456789.svc.cluster.local:27017`;
  const shard = (name: string, ...known: readonly number[]) => ({
    _id: name,
    host: `${name}/${known.map((ordinal) => host(name, ordinal)).join(',')}`,
  });

  it.each([
    [[shard('shard0', 0, 1, 2), shard('shard1', 2, 0, 1)], []],
    [
      [shard('shard0', 0), shard('shard1', 0, 1, 2, 3, 4)],
      ['shard0-1', 'shard0-2'],
    ],
    [[shard('shard0', 0, 1, 2)], ['shard1-0', 'shard1-1', 'shard1-2']],
  ])('%#', (known, expected) => {
    expect(unknownMembers(sharded, known)).toEqual(expected);
  });
});

describe.each(['provision', 'update'] as const)('the size in a %s', (verb) => {
  const wrongIn = compileParameterSchema(parameterSchemas(shardedTemplate)[verb]);
  const unknown = (name: string) => expect.stringContaining(`parameter "${name}" is unknown`);

  it.each<[JsonObject, readonly unknown[]]>([
    [{}, []],
    [{ shards: 2, members: 3, routers: 2 }, []],
    [{ shards: 12, members: 7, routers: 12, read_only: true }, []],
    [{ shards: 1 }, [expect.stringContaining('parameter "shards" must be >= 2')]],
    [{ shards: 13 }, [expect.stringContaining('parameter "shards" must be <= 12')]],
    [{ shards: 2.5 }, ['parameter "shards" must be of type integer']],
    [{ members: 1 }, ['parameter "members" must be one of 3, 5, 7']],
    [{ members: 4 }, ['parameter "members" must be one of 3, 5, 7']],
    [{ routers: 1 }, [expect.stringContaining('parameter "routers" must be >= 2')]],
    [{ allow_write_pause: true }, verb === 'update' ? [] : [unknown('allow_write_pause')]],
  ])('of %j: %j', (parameters, wrong) => {
    expect(wrongIn(parameters)).toEqual(wrong);
  });
});

describe('a drain', () => {
  const databases = ['orders', 'reports'];
  it.each<[DrainingReply, NextMove, string]>([
    [
      { state: 'ongoing', remaining: { chunks: 5, jumboChunks: 0 }, dbsToMove: databases },
      { kind: 'wait' },
      '5 chunks and 2 databases left',
    ],
    [{ state: 'ongoing', remaining: { chunks: 1, jumboChunks: 0 } }, { kind: 'wait' }, '1 chunk left'],
    [{ state: 'ongoing', remaining: { chunks: 3, jumboChunks: 1 } }, { kind: 'wait' }, '3 chunks left'],
    [{ state: 'ongoing', remaining: { chunks: 2, jumboChunks: 2 } }, { kind: 'stuck' }, '2 chunks left'],
    [
      { state: 'ongoing', remaining: { chunks: 0 }, dbsToMove: databases },
      { kind: 'move databases', names: databases },
      '2 databases left',
    ],
    [
      {
        state: 'ongoing',
        remaining: { chunks: 0 },
        collectionsToMove: ['orders.a', 'orders.b'],
        dbsToMove: ['orders'],
      },
      { kind: 'move collection', namespace: 'orders.a' },
      '2 collections and 1 database left',
    ],
    [{ state: 'drainingComplete', remaining: { chunks: 0 } }, { kind: 'commit' }, 'nothing is left'],
    [{ state: 'ongoing' }, { kind: 'commit' }, 'nothing is left'],
  ])('that says %j goes on with %j', (reply, expected, described) => {
    expect(nextMove(remainderOf(reply))).toEqual(expected);
    expect(describeDraining('shard2', remainderOf(reply))).toBe(`draining shard2: ${described}`);
  });

  it.each([
    [[6, 0, 27], true, ['removeShard', 'removeShard', 'removeShard']],
    [[7, 0, 28], true, ['removeShard', 'removeShard', 'removeShard']],
    [[8, 0, 17], false, ['removeShard', 'removeShard', 'removeShard']],
    [[8, 3, 0], false, ['startShardDraining', 'shardDrainingStatus', 'commitShardRemoval']],
    [[9, 0, 0], false, ['startShardDraining', 'shardDrainingStatus', 'commitShardRemoval']],
  ])('is done by MongoDB %j, pausing writes: %s, with %j', async (versionArray, needsWritePause, expected) => {
    const states = ['started', 'ongoing', 'completed'];
    const asked: string[] = [];
    const command = async (request: object) => {
      const [name = ''] = Object.keys(request);
      if (name === 'buildInfo') return { versionArray };
      asked.push(name);
      return { state: states.shift() };
    };
    const admin = { command } as unknown as Db;
    const signal = new AbortController().signal;
    const commands = await drainCommandsOf(admin, signal);
    expect(commands.needsWritePause).toBe(needsWritePause);
    expect(await commands.advance(admin, 'shard2', signal)).toMatchObject({ chunks: 0 });
    expect(await commands.commit(admin, 'shard2', signal)).toBe('gone');
    expect(asked).toEqual(expected);
  });

  it('takes the last shard first, and none that stays or is not ours', () => {
    const shards = ['shard0', 'shard10', 'shard2', 'shard1', 'shard9', 'other'].map((_id) => ({ _id, host: '' }));
    expect(surplus(sharded, shards).map(({ _id }) => _id)).toEqual(['shard10', 'shard9', 'shard2']);
  });

  it.each([
    ['shard0', 0],
    ['shard12', 12],
    ['cfg', undefined],
    ['shard', undefined],
    ['xshard1', undefined],
  ])('knows %s as %s', (name, index) => {
    expect(shardIndexOf(name)).toBe(index);
  });
});
