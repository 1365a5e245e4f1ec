import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../../src/kubernetes/cluster.js';
import type { Procedure } from '../../../../src/operations/step.js';
import type { Environment } from '../../../../src/services/mongodb/environment.js';
import { MemberConnections } from '../../../../src/services/mongodb/members/connections.js';
import { directRoute } from '../../../../src/services/mongodb/members/routes.js';
import { provision } from '../../../../src/services/mongodb/provision.js';
import { update } from '../../../../src/services/mongodb/update.js';
import type { JsonObject } from '../../../../src/services/service.js';
import { environment, instance, keepNothing, shardedInstance } from './examples.js';

const whole: Environment = {
  ...environment,
  // Steps are only counted here, not run.
  cluster: {} as Cluster,
  connections: new MemberConnections(directRoute),
  openRoute: directRoute,
  brokerNamespace: undefined,
};

const keysOf = ({ stages }: Procedure) => stages.map((stage) => stage.map(({ key }) => key));

/** The names of checkpoints in the store. */
const settings = [['rs0-default-concerns', 'rs0-read-only'], ['rs0-settings']];
const provisioning = [
  ['namespace'],
  ['objects'],
  ['rs0-start'],
  ['rs0-initiate'],
  ['rs0-defaults'],
  ['rs0-administrator', 'rs0-members'],
  ['rs0-votes'],
  ['rs0-heartbeat', 'rs0-verify'],
];

it.each<[JsonObject, string[][]]>([
  [{}, []],
  [{ read_only: false, default_write_concern: 'majority', default_read_concern: 'local' }, []],
  [{ read_only: true }, settings],
  [{ default_write_concern: '1' }, settings],
  [{ default_read_concern: 'majority' }, settings],
])('a provision sets %j after it is verified, and only what differs from the defaults', (parameters, added) => {
  expect(keysOf(provision(whole, { ...instance, parameters }, keepNothing))).toEqual([...provisioning, ...added]);
});

it.each<[JsonObject]>([[{}], [{ read_only: true }]])(
  'an update to %j sets all, whatever was set before',
  (parameters) => {
    const procedure = update(whole, { ...instance, parameters }, keepNothing);
    expect(keysOf(procedure)).toEqual(settings);
    expect(procedure.topics).toEqual(['namespace:m-abcdefghij0123456789']);
  },
);

it.each([
  [true, 'blocking the writes of apps'],
  [false, 'letting apps write'],
])('an update to read_only %s tells the user what it does', (read_only, description) => {
  const [[, step] = []] = update(whole, { ...instance, parameters: { read_only } }, keepNothing).stages;
  expect(step?.description).toBe(description);
});

describe('a sharded cluster', () => {
  const sets = ['cfg', 'shard0', 'shard1'];
  const ofEach = (step: string, among = sets) => among.map((set) => `${set}-${step}`);
  const bringUp = [
    ofEach('start'),
    ofEach('initiate'),
    ['cfg-defaults'],
    ofEach('members'),
    ofEach('votes'),
    sets.flatMap((set) => [`${set}-heartbeat`, `${set}-verify`]),
    ['routers-start'],
    ['administrator'],
    ['shards-add'],
    ['balancer'],
    ['verify'],
  ];

  it('is provisioned with all of its replica sets side by side', () => {
    expect(keysOf(provision(whole, shardedInstance, keepNothing))).toEqual([['namespace'], ['objects'], ...bringUp]);
  });

  it('is updated to all that it is to have, and only then loses what it is not to have', () => {
    const shards = sets.slice(1);
    expect(keysOf(update(whole, { ...shardedInstance, parameters: { routers: 3 } }, keepNothing))).toEqual([
      ['objects'],
      ...bringUp,
      ['shards-drain'],
      ['shards-remove'],
      ofEach('remove-members', shards),
      ofEach('remove-pods', shards),
      ['cluster-default-concerns', 'cluster-read-only'],
      ['cluster-settings'],
    ]);
  });
});

describe('a plan with an exposure', () => {
  const outside = { exposure: 'node-port', domain: 'db.example.com' } as const;
  const exposed = { ...instance, template: { ...instance.template, outside } };
  const exposedCluster = { ...shardedInstance, template: { ...shardedInstance.template, outside } };

  it('opens its servers before a member has to know how it is called outside', () => {
    const [namespace, objects, ...others] = keysOf(provision(whole, exposed, keepNothing));
    expect([namespace, objects]).toEqual([['namespace'], ['objects', 'outside']]);
    expect(others).toEqual(provisioning.slice(2));
  });

  it('has an update of a sharded cluster follow its routers, and close what led to others when they are gone', () => {
    const keys = keysOf(update(whole, exposedCluster, keepNothing));
    const others = keysOf(update(whole, shardedInstance, keepNothing));
    expect(keys[0]).toEqual(['objects', 'outside']);
    expect(keys.flat().filter((key) => !others.flat().includes(key))).toEqual(['outside', 'outside-withdraw']);
    expect(keys.findIndex((stage) => stage.includes('outside-withdraw'))).toBeGreaterThan(
      keys.findIndex((stage) => stage.includes('shard0-remove-pods')),
    );
  });
});
