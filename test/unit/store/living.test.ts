import { expect, it } from 'vitest';
import { livingAmong } from '../../../src/store/living.js';

it.each([
  {
    of: 'one address',
    addresses: [{ platform: 'a', id: '1' }],
    filter: { platform: 'a', instanceId: '1', living: true },
  },
  {
    of: 'several of one platform',
    addresses: [
      { platform: 'a', id: '1' },
      { platform: 'a', id: '2' },
    ],
    filter: { platform: 'a', instanceId: { $in: ['1', '2'] }, living: true },
  },
  {
    of: 'the same id on two platforms',
    addresses: [
      { platform: 'a', id: '1' },
      { platform: 'b', id: '1' },
      { platform: 'a', id: '2' },
    ],
    filter: {
      $or: [
        { platform: 'a', instanceId: { $in: ['1', '2'] }, living: true },
        { platform: 'b', instanceId: '1', living: true },
      ],
    },
  },
])('looks for $of', ({ addresses, filter }) => {
  expect(livingAmong('instanceId', addresses)).toEqual(filter);
});
