import { expect, it } from 'vitest';
import { type Next, nextToRestart } from '../../../../src/services/mongodb/replica-set/restart.js';

const statesOf = (states: readonly string[]) =>
  states.map((stateStr, ordinal) => ({ name: `rs0-${ordinal}.rs0.m-1.svc.cluster.local:27017`, stateStr }));

it.each<[string, readonly string[], readonly number[], Next]>([
  ['nothing is due', ['PRIMARY', 'SECONDARY', 'SECONDARY'], [], { kind: 'none' }],
  ['nothing is due, whoever is unwell', ['PRIMARY', 'STARTUP2', 'SECONDARY'], [], { kind: 'none' }],
  ['a secondary is due', ['PRIMARY', 'SECONDARY', 'SECONDARY'], [0, 1, 2], { kind: 'member', ordinal: 1 }],
  ['the last secondary is due', ['PRIMARY', 'SECONDARY', 'SECONDARY'], [0, 2], { kind: 'member', ordinal: 2 }],
  ['the primary alone is due', ['SECONDARY', 'PRIMARY', 'SECONDARY'], [1], { kind: 'primary' }],
  [
    'a member is still to come back',
    ['PRIMARY', 'SECONDARY', '(not reachable/healthy)'],
    [0, 1],
    { kind: 'unwell', member: 'rs0-2.rs0.m-1.svc.cluster.local:27017' },
  ],
  [
    'a member copies data',
    ['PRIMARY', 'RECOVERING', 'SECONDARY'],
    [2],
    { kind: 'unwell', member: 'rs0-1.rs0.m-1.svc.cluster.local:27017' },
  ],
  ['the only member is due', ['PRIMARY'], [0], { kind: 'member', ordinal: 0 }],
])('%s', (_, states, due, expected) => {
  expect(nextToRestart({ name: 'rs0', members: states.length }, statesOf(states), due)).toEqual(expected);
});
