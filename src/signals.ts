import type { Logger } from './observability/logger.js';

/** Longer than any step's outside call; what still runs then goes on elsewhere when its lease ends. */
const patienceSeconds = 20;

/**
 * Ends the process in good order on SIGINT and SIGTERM; a second signal ends it at once.
 * @param servingSeconds how long requests may take to end, before the work is stopped
 */
export function stopOnSignals(stop: () => Promise<void>, servingSeconds: number, log: Logger): void {
  let stopping = false;
  const handle = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    const impatience = setTimeout(
      () => {
        log.error('not stopped in time; what was running goes on when its lease has ended');
        process.exit(1);
      },
      (servingSeconds + patienceSeconds) * 1_000,
    );
    stop().then(
      () => {
        clearTimeout(impatience);
        log.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, 'stopped with an error');
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
}
