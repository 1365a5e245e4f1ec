import type { ReplicaSetConfig, ReplicaSetStatus } from '../members/commands.js';
import { memberHost, ordinalOf, ordinals, type ReplicaSet } from './replica-set.js';

/** While a set comes up: a new member is synced, and its vote counted, in steps of a heartbeat each. */
const heartbeatOfBringUp = 50;
/** https://www.mongodb.com/docs/manual/reference/replica-configuration/#mongodb-rsconf-rsconf.settings.heartbeatIntervalMillis */
const defaultHeartbeat = 2_000;

/**
 * `host:port` of each member as apps outside of the cluster know it; empty where they do not. MongoDB tells such an app
 * of these hosts only, by the name in its TLS (SNI): its split horizons, which all members have or none.
 */
export type OutsideHosts = readonly string[];

/**
 * One member, the others are added to it: it is the primary at once, while three that are initiated together first wait
 * for an election timeout of ten seconds.
 */
export function initialConfig(set: ReplicaSet, outside: OutsideHosts = []): ReplicaSetConfig {
  return {
    _id: set.name,
    version: 1,
    ...(set.role === 'configsvr' && { configsvr: true }),
    members: [memberOf(set, 0, outside)],
    settings: { heartbeatIntervalMillis: set.members > 1 ? heartbeatOfBringUp : defaultHeartbeat },
  };
}

/** The first member that the configuration lacks; members are added one by one, as MongoDB demands of voters. */
export function nextMissing(set: ReplicaSet, config: ReplicaSetConfig): number | undefined {
  return ordinals(set).find((ordinal) => !config.members.some(({ host }) => host === memberHost(set, ordinal)));
}

export function withMember(
  set: ReplicaSet,
  config: ReplicaSetConfig,
  ordinal: number,
  outside: OutsideHosts = [],
): ReplicaSetConfig {
  return { ...config, members: [...config.members, memberOf(set, ordinal, outside)] };
}

/** The last member that the set is not to have any more. */
export function surplusMember(set: ReplicaSet, { members }: ReplicaSetConfig): number | undefined {
  const ordinals = members.map(({ host }) => ordinalOf(set, host) ?? -1);
  const last = Math.max(...ordinals);
  return last >= set.members ? last : undefined;
}

export function withoutMember(set: ReplicaSet, config: ReplicaSetConfig, ordinal: number): ReplicaSetConfig {
  return { ...config, members: config.members.filter(({ host }) => ordinalOf(set, host) !== ordinal) };
}

export function isSettled({ settings }: ReplicaSetConfig): boolean {
  return settings?.heartbeatIntervalMillis === defaultHeartbeat;
}

export function settled(config: ReplicaSetConfig): ReplicaSetConfig {
  return { ...config, settings: { ...config.settings, heartbeatIntervalMillis: defaultHeartbeat } };
}

/** Why a set is not complete yet, in the user's words; `undefined` when all of its members hold data and vote. */
export function describeMissing(set: ReplicaSet, status: ReplicaSetStatus): string | undefined {
  const behind = status.members.filter(({ stateStr }) => stateStr !== 'PRIMARY' && stateStr !== 'SECONDARY');
  if (behind.length > 0) {
    const states = [...new Set(behind.map(({ stateStr }) => stateStr))].join(', ');
    return `waiting for members: ${behind.length} of ${set.members} in state ${states}`;
  }
  // The server counts a new member's vote only after its initial sync.
  if (status.votingMembersCount < set.members) {
    return `waiting for members: ${status.votingMembersCount} of ${set.members} vote`;
  }
  return undefined;
}

function memberOf(set: ReplicaSet, ordinal: number, outside: OutsideHosts) {
  const host = outside[ordinal];
  return { _id: ordinal, host: memberHost(set, ordinal), ...(host !== undefined && { horizons: { outside: host } }) };
}
