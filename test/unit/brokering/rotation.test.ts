import { expect, it } from 'vitest';
import { decideRotation } from '../../../src/brokering/rotation.js';
import type { ServiceInstanceRecord } from '../../../src/store/records.js';
import { instance } from './fixtures.js';

const running = { what: 'certificates', operation: 'op-1', begun: true };
const failed = { what: 'certificates', begun: true };

it.each<[string, string, ServiceInstanceRecord | undefined, object]>([
  ['no instance', 'certificates', undefined, { kind: 'refuse', reason: 'absent' }],
  ['what cannot be rotated', 'disks', instance(), { kind: 'refuse', reason: 'invalid' }],
  ['a ready instance', 'certificates', instance(), { kind: 'accept', isBegun: false }],
  ['one that is updated', 'certificates', instance({ phase: 'updating' }), { kind: 'refuse', reason: 'concurrency' }],
  ['one that is deleted', 'certificates', instance({ phase: 'deleting' }), { kind: 'refuse', reason: 'concurrency' }],
  ['one that has failed', 'certificates', instance({ phase: 'failed' }), { kind: 'refuse', reason: 'concurrency' }],
  ['the same that runs', 'certificates', instance({ rotation: running }), { kind: 'in progress', operation: 'op-1' }],
  ['another that runs', 'key-file', instance({ rotation: running }), { kind: 'refuse', reason: 'concurrency' }],
  ['the same that failed', 'certificates', instance({ rotation: failed }), { kind: 'accept', isBegun: true }],
  [
    'another that failed halfway',
    'key-file',
    instance({ rotation: failed }),
    { kind: 'refuse', reason: 'concurrency' },
  ],
  [
    'another that failed before it began',
    'key-file',
    instance({ rotation: { ...failed, begun: false } }),
    { kind: 'accept', isBegun: false },
  ],
])('%s', (_, what, existing, decision) => {
  expect(decideRotation(what, ['certificates', 'key-file'], existing)).toMatchObject(decision);
});
