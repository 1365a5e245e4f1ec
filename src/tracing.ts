import type { Configuration } from './configuration.js';
import type { Logger } from './observability/logger.js';
import { bounded } from './operations/bounded.js';

/** How long what is left may take to be sent when the process ends. */
const lastMilliseconds = 2_000;

/** Traces what this process does, where the environment names a collector. @returns what ends it */
export async function startTracing(
  { role, traces }: Pick<Configuration, 'role' | 'traces'>,
  log: Logger,
): Promise<() => Promise<void>> {
  if (!traces) return async () => {};
  const { exportSpans } = await import('./observability/tracing-sdk.js');
  const end = exportSpans(role, log);
  return () =>
    bounded(
      end().catch(() => {}),
      lastMilliseconds,
    );
}
