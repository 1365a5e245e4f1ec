import { AsyncLocalStorage } from 'node:async_hooks';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger } from 'pino';

const fields = new AsyncLocalStorage<Record<string, unknown>>();

/** Runs `work` with `added` in every log line that it writes, also those of what it calls. */
export function withLogFields<Result>(added: Record<string, unknown>, work: () => Result): Result {
  return fields.run({ ...fields.getStore(), ...added }, work);
}

/** Those of the request or operation that runs. */
export const logFields = (): Readonly<Record<string, unknown>> => fields.getStore() ?? {};

/** An error of a Redis client carries the command that failed, and with AUTH the password. */
function tellError(error: Error): Record<string, unknown> {
  const { command: _, ...told } = pino.stdSerializers.err(error) as Record<string, unknown> & { command?: unknown };
  return told;
}

/** Structured JSON lines on standard output, with the fields of the request or operation that runs. */
export function createLogger(level: string, destination: DestinationStream = pino.destination(1)): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => ({ ...logFields() }),
    serializers: { err: tellError },
    // A safety net: nothing secret is meant to be logged in the first place.
    redact: ['*.password', '*.secrets', '*.credentials', '*.parameters', '*.authorization', '*.uri', '*.keyFile'],
  };
  return pino(options, destination);
}
