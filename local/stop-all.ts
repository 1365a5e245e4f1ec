import { rmSync } from 'node:fs';
import { stopCluster } from './cluster/stop.js';
import type { Folders } from './folders.js';
import { LocalError } from './local-error.js';
import { withLock } from './lock.js';
import { unmountBelow } from './mounts.js';
import { phase, type Say } from './phase.js';
import { stop } from './supervisor.js';

/** Stops everything that `up` started; with `andForget`, deletes its data too (never the caches). */
export async function stopAll(folders: Folders, say: Say, { andForget }: { andForget: boolean }): Promise<void> {
  if (process.getuid?.() !== 0) throw new LocalError('the local environment runs as root: stop it as root, too');
  await withLock(say, async () => {
    await phase(say, 'all', async () => {
      await Promise.all([stopCluster(folders), stop(folders, 'redis'), stop(folders, 'store', 10_000)]);
      return 'stopped';
    });
    if (!andForget) return;
    await phase(say, 'data', async () => {
      await unmountBelow([folders.state]);
      rmSync(folders.state, { recursive: true, force: true, maxRetries: 3 });
      return `deleted (${folders.state})`;
    });
  });
}
