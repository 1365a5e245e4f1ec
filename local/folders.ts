import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the local environment keeps things. */
export interface Folders {
  /** The checkout. */
  readonly repository: string;
  /** What can be made again from sources; outlives `local:reset`. */
  readonly cache: string;
  /** Data, secrets, logs, process ids. */
  readonly state: string;
  /** Sockets and mounts: a short path (sockets allow 107 characters), gone after a reboot. */
  readonly run: string;
}

// This file runs as dist/local/folders.js, and in tests as it is.
const repository = dirname(findPackageJSON(dirname(fileURLToPath(import.meta.url))));

function findPackageJSON(folder: string): string {
  const file = join(folder, 'package.json');
  return existsSync(file) ? file : findPackageJSON(dirname(folder));
}

export function foldersOf(environment: NodeJS.ProcessEnv): Folders {
  const home = environment.HOME || homedir();
  const cache = environment.HOLDFAST_CACHE || environment.XDG_CACHE_HOME || join(home, '.cache');
  const state = environment.HOLDFAST_STATE || environment.XDG_STATE_HOME || join(home, '.local', 'state');
  return {
    repository,
    cache: join(resolve(cache), 'holdfast'),
    state: join(resolve(state), 'holdfast'),
    run: '/run/holdfast',
  };
}
