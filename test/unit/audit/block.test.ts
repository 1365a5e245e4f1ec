import { describe, expect, it } from 'vitest';
import { digestOf, isIntact, nextBlock, sealedEvent } from '../../../src/audit/block.js';
import { AuditKey } from '../../../src/store/audit-keys.js';
import type { AuditBlockRecord } from '../../../src/store/audit-records.js';
import { canonical } from '../../../src/store/canonical.js';
import type { AuditEventRecord } from '../../../src/store/records.js';

const key = new AuditKey(1, new Date(0), Buffer.alloc(32, 1));
const other = new AuditKey(2, new Date(0), Buffer.alloc(32, 2));
const event: AuditEventRecord = {
  _id: 'e1',
  at: new Date(1_000),
  event: 'succeeded',
  kind: 'bind',
  platform: 'p',
  instanceId: 'i',
  originatingIdentity: { platform: 'cf', value: { user: 'u', groups: ['a', 'b'] } },
};
const note = { _id: 'e1', at: event.at, key: 1, mac: key.mac('event', event) };
const contents = { at: new Date(2_000), events: [{ id: 'e1', digest: digestOf(event) }] };

describe('canonical', () => {
  it.each<[string, unknown, unknown, boolean]>([
    ['the order of fields says nothing', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }, true],
    ['the order of a list says something', ['a', 'b'], ['b', 'a'], false],
    ['a time is no text', { at: new Date(0) }, { at: new Date(0).toISOString() }, false],
    ['a number is no text', { a: 1 }, { a: '1' }, false],
    ['a missing field is no null', {}, { a: null }, false],
    ['parts do not run together', { a: 'b', c: 'd' }, { a: 'b","c":"d' }, false],
  ])('%s', (_, one, two, same) => {
    expect(canonical(one) === canonical(two)).toBe(same);
  });
});

describe('what a block says of an event', () => {
  it.each<[string, AuditEventRecord | undefined, AuditKey | undefined, string | undefined]>([
    ['as the broker wrote it', event, key, undefined],
    ['gone', undefined, key, 'missing'],
    ['changed', { ...event, platform: 'q' }, key, 'not genuine'],
    ['changed deep inside', { ...event, originatingIdentity: { platform: 'cf', value: {} } }, key, 'not genuine'],
    ['written by who has another key', event, other, 'not genuine'],
    ['written with a key that nobody knows', event, undefined, 'not genuine'],
  ])('%s', (_, found, by, finding) => {
    expect(sealedEvent(note, found, by)).toEqual({
      id: 'e1',
      ...(found && { digest: digestOf(found) }),
      ...(finding !== undefined && { finding }),
    });
  });
});

describe('a block', () => {
  const first = nextBlock(undefined, contents, key);
  const second = nextBlock(first, contents, key);

  it('follows the one before it', () => {
    expect([first._id, first.previous, second._id, second.previous]).toEqual([1, '', 2, first.mac]);
  });

  it.each<[string, Partial<AuditBlockRecord>]>([
    ['its number', { _id: 3 }],
    ['its predecessor', { previous: '' }],
    ['its time', { at: new Date(0) }],
    ['its events', { events: [] }],
    ['what it found', { events: [{ id: 'e1', finding: 'missing' }] }],
    ['the number of its key', { key: 2 }],
    ['its code', { mac: key.mac('event', second) }],
  ])('is not intact with another %s', (_, change) => {
    expect(isIntact(second, key)).toBe(true);
    expect(isIntact({ ...second, ...change }, key)).toBe(false);
  });

  it('is not intact by another key', () => {
    expect(isIntact(second, other)).toBe(false);
  });
});
