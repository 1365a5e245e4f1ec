import { AsyncLocalStorage } from 'node:async_hooks';
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

const fields = new AsyncLocalStorage<Record<string, unknown>>();

/** Runs `work` with `added` in every log line that it writes, also those of what it calls. */
export function withLogFields<Result>(added: Record<string, unknown>, work: () => Result): Result {
  return fields.run({ ...fields.getStore(), ...added }, work);
}

/** Structured JSON lines on standard output, with the fields of the request or operation that runs. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => fields.getStore() ?? {},
    // A safety net: nothing secret is meant to be logged in the first place.
    redact: ['*.password', '*.secrets', '*.credentials', '*.parameters', '*.authorization', '*.uri', '*.keyFile'],
  });
}
