import { AsyncLocalStorage } from 'node:async_hooks';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import { traceFields } from './tracing.js';

export type { Logger } from 'pino';

const fields = new AsyncLocalStorage<Record<string, unknown>>();

/** Runs `work` with `added` in every log line that it writes, also those of what it calls. */
export function withLogFields<Result>(added: Record<string, unknown>, work: () => Result): Result {
  return fields.run({ ...fields.getStore(), ...added }, work);
}

/** Those of the request or operation that runs. */
export const logFields = (): Readonly<Record<string, unknown>> => fields.getStore() ?? {};

/**
 * What is told of an error besides its type, message and stack. All the rest is not: libraries hang the request, the command or
 * their options on it, and with those passwords.
 */
const toldOfErrors = new Set(
  'code codeName errno syscall address port status statusCode reason request operation detail'.split(' '),
);

function tellError(error: Error): object {
  const { type, message, stack, ...fields } = pino.stdSerializers.err(error);
  const told = Object.entries(fields).filter(([name, value]) => toldOfErrors.has(name) && isPlain(value));
  return { type, message, stack, ...Object.fromEntries(told) };
}

const isPlain = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';

/** A line is out when the call returns: the audit tells its events before it seals them, and a crash comes at any line. */
const standardOutput = () => pino.destination({ dest: 1, sync: true });

/** Structured JSON lines on standard output, with the fields of the request or operation that runs. */
export function createLogger(level: string, destination: DestinationStream = standardOutput()): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => ({ ...logFields(), ...traceFields() }),
    serializers: { err: tellError },
    // A safety net: nothing secret is meant to be logged in the first place.
    redact: ['*.password', '*.secrets', '*.credentials', '*.parameters', '*.authorization', '*.uri', '*.keyFile'],
  };
  return pino(options, destination);
}
