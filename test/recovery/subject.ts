import type { JsonObject } from '../../src/services/service.js';
import { outsideCatalog } from '../support/outside.js';
import { shardedCatalog } from '../support/sharded-catalog.js';
import { type CheckServers, checkReplicaSet } from './checks.js';
import type { Part } from './points.js';
import { checkShardedCluster, fillLastShard } from './sharded.js';

/** What a matrix is run on: a plan, and what is asked for in a journey. */
export interface Subject {
  readonly plan: string;
  /** The catalog of its brokers, where it is not that of the suite. */
  readonly catalog?: () => ReturnType<typeof shardedCatalog>;
  readonly journey: readonly Part[];
  /** The parameters of the parts that bring some. */
  readonly parameters: Readonly<Partial<Record<Part, JsonObject>>>;
  /** After which part an instance consists of the same as after another. */
  readonly sameAs: Readonly<Partial<Record<Part, Part>>>;
  readonly check: CheckServers;
  /** What apps do with an instance once a part is over, by its namespace. */
  readonly afterwards: Readonly<Partial<Record<Part, (namespace: string) => Promise<void>>>>;
}

/** Every setting is changed once, so that every step has something to do. */
const replicaSet: Subject = {
  plan: 'replica-set-small',
  journey: ['provision', 'bind', 'succeed', 'authority', 'key-file', 'update', 'unbind', 'unbind', 'deprovision'],
  parameters: {
    provision: { read_only: false, default_write_concern: 'majority', default_read_concern: 'majority' },
    update: { read_only: true, default_write_concern: '1', default_read_concern: 'available' },
  },
  sameAs: { update: 'provision' },
  check: checkReplicaSet,
  afterwards: {},
};

/** Every number grows, and shrinks again. */
const shardedCluster: Subject = {
  plan: 'sharded-tiny',
  catalog: shardedCatalog,
  journey: [
    'provision',
    'bind',
    'succeed',
    'authority',
    'key-file',
    'update',
    'shrink',
    'unbind',
    'unbind',
    'deprovision',
  ],
  parameters: {
    provision: { default_read_concern: 'majority' },
    update: { shards: 2, members: 3, routers: 2, default_read_concern: 'local' },
    shrink: { shards: 1, members: 1, routers: 1, allow_write_pause: true, default_read_concern: 'local' },
  },
  sameAs: { shrink: 'provision' },
  check: checkShardedCluster,
  afterwards: { update: fillLastShard },
};

/** What differs where apps are outside of the cluster; rotations do not. */
const outside: Subject = {
  ...replicaSet,
  plan: 'by-node-ports',
  catalog: outsideCatalog,
  journey: ['provision', 'bind', 'update', 'unbind', 'deprovision'],
};
const outsideSharded: Subject = {
  ...shardedCluster,
  plan: 'routers-by-node-ports',
  catalog: outsideCatalog,
  journey: ['provision', 'bind', 'update', 'shrink', 'unbind', 'deprovision'],
};

export const subjects = {
  'replica-set': replicaSet,
  'sharded-cluster': shardedCluster,
  outside,
  'outside-sharded': outsideSharded,
};

/** @throws where there is none of that name */
export function subjectOf(name: string): Subject {
  const found = Object.entries(subjects).find(([known]) => known === name);
  if (!found) throw new Error(`--on is ${name}; it may be ${Object.keys(subjects).join(' or ')}`);
  return found[1];
}
