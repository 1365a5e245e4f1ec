import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MongoClientOptions, MongoError, MongoServerError } from 'mongodb';
import { vi } from 'vitest';
import { type AppCredentials, appClient } from './apps.js';

const writesBlocked = 371;

/** While writes are blocked, and for a moment while a database moves: nothing was written. */
const isPause = (error: unknown): boolean =>
  error instanceof MongoServerError &&
  (error.code === writesBlocked || error.message.startsWith('movePrimary is in progress'));

/**
 * An app that writes one note after the other, and fails where one write does; where writes may pause, one that is refused
 * for that is not counted; where they may fail, because a member is killed, one of which the app does not know whether it
 * was written is counted as `unknown`.
 * @param client over what an app's driver is told of itself
 */
export function startWriting(
  credentials: AppCredentials,
  {
    mayPause = false,
    mayFail = false,
    client: over = {},
  }: { readonly mayPause?: boolean; readonly mayFail?: boolean; readonly client?: MongoClientOptions } = {},
) {
  const client = appClient(credentials, over);
  const notes = client.db().collection('written-meanwhile');
  // Others may have written there before.
  const by = randomUUID();
  let acknowledged = 0;
  let unknown = 0;
  let ending = false;
  const writing = (async () => {
    while (!ending) {
      try {
        await notes.insertOne({ by, n: acknowledged });
        acknowledged += 1;
      } catch (error) {
        if (mayFail && error instanceof MongoError) unknown += 1;
        else if (!(mayPause && isPause(error))) throw error;
      }
      await sleep(20);
    }
  })();
  writing.catch(() => undefined);
  return {
    async someMore() {
      const goal = acknowledged + 10;
      const arrived = vi.waitUntil(() => acknowledged >= goal, { timeout: 60_000, interval: 20 });
      await Promise.race([arrived, writing]);
    },
    async stop() {
      ending = true;
      await writing;
      const found = await notes.countDocuments({ by });
      await client.close();
      return { acknowledged, found, unknown };
    },
  };
}
