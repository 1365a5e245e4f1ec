import { describe, expect, it } from 'vitest';
import { QueueOrder } from '../../../src/brokering/queue-order.js';

const at = (second: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, second));

function ordered(seconds: readonly number[]) {
  let reads = 0;
  const queuedTimes = async () => {
    reads++;
    if (reads === 2) throw new Error('away');
    return seconds.map(at);
  };
  return { order: new QueueOrder({ queuedTimes }), reads: () => reads };
}

describe('the order of the queue', () => {
  it.each([
    ['the first', [1, 2, 3], 1, 0],
    ['the last', [1, 2, 3], 3, 2],
    ['one that came since', [1, 2, 3], 4, 3],
    ['one of several at once', [1, 2, 2, 2], 2, 1],
    ['one that is not queued any more', [5], 1, 0],
    ['any, where nothing is queued', [], 1, 0],
  ] as const)('%s', async (_, seconds, mine, expected) => {
    expect(await ordered(seconds).order.countAhead(at(mine))).toBe(expected);
  });

  it('is read once for all who ask within a tenth of a second, and again after a read that failed', async () => {
    const { order, reads } = ordered([1]);
    await Promise.all([0, 50, 99].map((now) => order.countAhead(at(2), now)));
    expect(reads()).toBe(1);
    await expect(order.countAhead(at(2), 100)).rejects.toThrow('away');
    expect(await order.countAhead(at(2), 101)).toBe(1);
    expect(reads()).toBe(3);
  });
});
