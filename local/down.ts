import { runCli, say } from './cli.js';
import { foldersOf } from './folders.js';
import { stopAll } from './stop-all.js';

/** Stops the local environment; its data stay for the next start. */
await runCli(() => stopAll(foldersOf(process.env), say, { andForget: false }));
