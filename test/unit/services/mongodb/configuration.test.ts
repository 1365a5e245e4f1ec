import { describe, expect, it } from 'vitest';
import {
  describeMissing,
  initialConfig,
  isSettled,
  nextMissing,
  settled,
  surplusMember,
  withMember,
  withoutMember,
} from '../../../../src/services/mongodb/replica-set/configuration.js';
import { set } from './examples.js';

const host = (ordinal: number) => `rs0-${ordinal}.rs0.m-abcdefghij0123456789.svc.cluster.local:27017`;

describe('configuration', () => {
  it('begins with one member', () => {
    expect(initialConfig(set)).toEqual({
      _id: 'rs0',
      version: 1,
      members: [{ _id: 0, host: host(0) }],
      settings: { heartbeatIntervalMillis: 50 },
    });
    expect(initialConfig({ ...set, role: 'configsvr' })).toMatchObject({ configsvr: true });
  });

  it('gets the others one by one, and then the default heartbeat', () => {
    let config = initialConfig(set);
    const added: number[] = [];
    for (let next = nextMissing(set, config); next !== undefined; next = nextMissing(set, config)) {
      added.push(next);
      config = withMember(set, config, next);
    }
    expect(added).toEqual([1, 2]);
    expect(config.members).toEqual([0, 1, 2].map((ordinal) => ({ _id: ordinal, host: host(ordinal) })));
    expect(isSettled(config)).toBe(false);
    expect(isSettled(settled(config))).toBe(true);
  });

  it('tells apps outside of the cluster of other hosts, of each member', () => {
    const outside = [0, 1, 2].map((ordinal) => `rs0-${ordinal}.db.example.com:3000${ordinal}`);
    let config = initialConfig(set, outside);
    for (let next = nextMissing(set, config); next !== undefined; next = nextMissing(set, config)) {
      config = withMember(set, config, next, outside);
    }
    const members = outside.map((name, ordinal) => ({
      _id: ordinal,
      host: host(ordinal),
      horizons: { outside: name },
    }));
    expect(settled(config).members).toEqual(members);
    expect(withoutMember(set, config, 2).members).toEqual(members.slice(0, 2));
  });

  it('of one member is settled at once', () => {
    const single = { ...set, members: 1 };
    expect(nextMissing(single, initialConfig(single))).toBeUndefined();
    expect(isSettled(initialConfig(single))).toBe(true);
  });
});

describe('a set that is to have fewer members', () => {
  const whole = {
    ...initialConfig(set),
    members: [0, 3, 1, 4, 2].map((ordinal) => ({ _id: ordinal, host: host(ordinal) })),
  };
  const hostsOf = (config: typeof whole) => config.members.map((member) => member.host);

  it('loses them one by one, the last one first', () => {
    let config: Parameters<typeof surplusMember>[1] = whole;
    const removed: number[] = [];
    for (let next = surplusMember(set, config); next !== undefined; next = surplusMember(set, config)) {
      removed.push(next);
      config = withoutMember(set, config, next);
    }
    expect(removed).toEqual([4, 3]);
    expect(config.members.map((member) => member.host)).toEqual([host(0), host(1), host(2)]);
  });

  it('loses none that it is to have', () => {
    expect(surplusMember({ ...set, members: 5 }, whole)).toBeUndefined();
    expect(hostsOf(whole)).toHaveLength(5);
  });
});

describe('what is missing', () => {
  const status = (votingMembersCount: number, ...states: string[]) => ({
    votingMembersCount,
    members: states.map((stateStr, ordinal) => ({ name: host(ordinal), stateStr })),
  });
  it.each([
    [status(3, 'PRIMARY', 'SECONDARY', 'SECONDARY'), undefined],
    [status(1, 'PRIMARY', 'STARTUP2', 'STARTUP'), 'waiting for members: 2 of 3 in state STARTUP2, STARTUP'],
    [status(2, 'PRIMARY', 'SECONDARY', 'SECONDARY'), 'waiting for members: 2 of 3 vote'],
    [status(1, 'PRIMARY'), 'waiting for members: 1 of 3 vote'],
  ])('%#', (given, expected) => {
    expect(describeMissing(set, given)).toBe(expected);
  });
});
