import { loadStoreConfiguration, type StoreConfiguration } from './configuration.js';
import { createLogger } from './observability/logger.js';
import { StartError } from './start-error.js';
import { Store } from './store/store.js';

/** What a command for those who run Holdfast works with. */
export interface CommandParts {
  readonly store: Store;
  readonly configuration: StoreConfiguration;
  /** Prints a line. */
  readonly say: (line: string) => void;
}

/** The store runs already, or is about to. */
const storeSeconds = 10;

/**
 * Runs a command that works on the store alone, on the store and with the keys that the environment names.
 * What is wrong with them, or what it throws as a StartError, is told on standard error.
 * @param work answers whether all is well
 * @returns the exit code
 */
export async function runCommand(
  environment: NodeJS.ProcessEnv,
  work: (parts: CommandParts) => Promise<boolean>,
): Promise<0 | 1> {
  try {
    return (await withStore(loadStoreConfiguration(environment), work)) ? 0 : 1;
  } catch (error) {
    const lines = error instanceof StartError ? error.lines : [error instanceof Error ? error.stack : String(error)];
    for (const line of lines) process.stderr.write(`${line}\n`);
    return 1;
  }
}

async function withStore(
  configuration: StoreConfiguration,
  work: (parts: CommandParts) => Promise<boolean>,
): Promise<boolean> {
  const store = Store.open(configuration.storeUrl);
  try {
    await store.waitUntilReady(storeSeconds, createLogger('silent'));
    return await work({ store, configuration, say: (line) => void process.stdout.write(`${line}\n`) });
  } finally {
    await store.close();
  }
}
