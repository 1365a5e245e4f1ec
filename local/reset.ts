import { runCli, say } from './cli.js';
import { foldersOf } from './folders.js';
import { stopAll } from './stop-all.js';

/** Stops the local environment and deletes its data; what was built stays in the cache. */
await runCli(() => stopAll(foldersOf(process.env), say, { andForget: true }));
