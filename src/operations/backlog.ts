import type { Logger } from '../observability/logger.js';
import type { ReconcilerTask } from './reconciler.js';

/** What a task works off, some at a time, as far as it can be done now. */
export interface Backlog<Item> extends Pick<ReconcilerTask, 'name' | 'everyMilliseconds'> {
  /** Items of one round, at most. */
  readonly atOnce: number;
  /** In an order of their own; those that follow `after`, where there is one. */
  find(limit: number, after: Item | undefined): Promise<readonly Item[]>;
  begin(item: Item): Promise<void>;
}

/**
 * Each round begins where the one before has ended, and after the last item with the first: items that cannot be begun
 * hold up no others, however many they are.
 */
export function workOff<Item extends { readonly _id: string }>(backlog: Backlog<Item>, log: Logger): ReconcilerTask {
  const { name, everyMilliseconds, atOnce } = backlog;
  let last: Item | undefined;
  return {
    name,
    everyMilliseconds,
    async run() {
      const found = await backlog.find(atOnce, last);
      last = found.length === atOnce ? found.at(-1) : undefined;
      for (const item of found) {
        await backlog.begin(item).catch((error: unknown) => {
          log.warn({ err: error, item: item._id }, 'left to the next round');
        });
      }
      return found.length;
    },
  };
}
