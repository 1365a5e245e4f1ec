import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/observability/logger.js';
import { workOff } from '../../../src/operations/backlog.js';

const log = createLogger('silent');

/** Items in the order of their numbers; `stuck` ones are never done. */
function backlog(count: number, stuck: (number: number) => boolean) {
  const left = new Set(Array.from({ length: count }, (_, number) => number));
  const begun: number[] = [];
  const task = workOff<{ readonly _id: string; readonly number: number }>(
    {
      name: 'any',
      everyMilliseconds: 1,
      atOnce: 2,
      find: async (limit, after) =>
        [...left]
          .filter((number) => number > (after?.number ?? -1))
          .slice(0, limit)
          .map((number) => ({ _id: String(number), number })),
      begin: async ({ number }) => {
        begun.push(number);
        if (stuck(number)) throw new Error('not now');
        left.delete(number);
      },
    },
    log,
  );
  return { task, begun };
}

describe('what is worked off some at a time', () => {
  it('is begun in order, and once where that does it', async () => {
    const { task, begun } = backlog(5, () => false);
    for (let round = 0; round < 4; round++) await task.run();
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  it('is not held up by as many as one round takes that cannot be begun; those are tried again after the last', async () => {
    const { task, begun } = backlog(5, (number) => number < 2);
    for (let round = 0; round < 4; round++) await task.run();
    expect(begun).toEqual([0, 1, 2, 3, 4, 0, 1]);
  });
});
