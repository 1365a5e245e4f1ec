import { describe, expect, it } from 'vitest';
import { Batches } from '../../../src/operations/batches.js';

/** Work that ends when the test says so. */
function heldWork() {
  const begun: { readonly items: readonly number[]; end: () => void; fail: (reason: unknown) => void }[] = [];
  const work = (items: readonly number[]) =>
    new Promise<readonly PromiseSettledResult<unknown>[]>((resolve, reject) => {
      const end = () =>
        resolve(
          items.map((item) =>
            item < 0 ? { status: 'rejected', reason: `no ${item}` } : { status: 'fulfilled', value: undefined },
          ),
        );
      begun.push({ items, end, fail: reject });
    });
  return { begun, work, items: () => begun.map(({ items }) => items) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('batches', () => {
  it('begin at once, and gather who comes while as many as may are under way', async () => {
    const { begun, work, items } = heldWork();
    const batches = new Batches(work, 10, 2);
    const done = [1, 2, 3, 4, 5].map((item) => batches.add(item));
    expect(items()).toEqual([[1], [2]]);
    begun[0]?.end();
    await settled();
    expect(items()).toEqual([[1], [2], [3, 4, 5]]);
    for (const each of begun) each.end();
    await Promise.all(done);
  });

  it('have no more items than they may', async () => {
    const { begun, work, items } = heldWork();
    const batches = new Batches(work, 2, 1);
    const done = [1, 2, 3, 4].map((item) => batches.add(item));
    for (let index = 0; index < 3; index++) {
      begun[index]?.end();
      await settled();
    }
    expect(items()).toEqual([[1], [2, 3], [4]]);
    await Promise.all(done);
  });

  it('tell each item how it went', async () => {
    const { begun, work } = heldWork();
    const batches = new Batches(work, 10, 1);
    const first = batches.add(0);
    const outcomes = Promise.allSettled([1, -2, 3].map((item) => batches.add(item)));
    begun[0]?.end();
    await first;
    await settled();
    begun[1]?.end();
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('fail all of one that fails, and go on with the next', async () => {
    const { begun, work, items } = heldWork();
    const batches = new Batches(work, 10, 1);
    const first = batches.add(1);
    const second = batches.add(2);
    begun[0]?.fail(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await settled();
    expect(items()).toEqual([[1], [2]]);
    begun[1]?.end();
    await second;
  });
});
