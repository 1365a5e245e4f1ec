import { expect, it } from 'vitest';
import { resumptionOf } from '../../recovery/resumption.js';

const strike = { point: 'p', pid: 7, at: new Date(10_000) };
const change = (at: number, fields: Record<string, unknown>) => ({ operation: 'op', at: new Date(at), fields });
const accepted = change(1_000, { active: true, 'lease.owner': null });
const takenBySeven = change(2_000, { 'lease.owner': 'host/7/a/b' });
const takenByEight = change(16_000, { 'lease.owner': 'host/8/a/b' });

it.each([
  ['its holder is killed', [accepted, takenBySeven, takenByEight], { milliseconds: 6_000, isHeld: true }],
  [
    'its holder is killed in the very millisecond',
    [accepted, change(10_000, { 'lease.owner': 'host/7/a/b' }), takenByEight],
    { milliseconds: 6_000, isHeld: true },
  ],
  [
    'another process is killed',
    [accepted, change(2_000, { 'lease.owner': 'host/9/a/b' }), takenByEight],
    { milliseconds: 6_000, isHeld: false },
  ],
  [
    'its former holder is killed',
    [accepted, takenBySeven, change(3_000, { 'lease.owner': null }), takenByEight],
    { milliseconds: 6_000, isHeld: false },
  ],
  ['it is over', [accepted, takenBySeven, change(9_000, { active: false })], undefined],
  ['it is not accepted yet', [change(11_000, { 'lease.owner': null }), takenByEight], undefined],
])('an operation goes on when %s', (_name, changes, expected) => {
  expect(resumptionOf(strike, changes)).toEqual(expected);
});
