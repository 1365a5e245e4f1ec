import { HttpException } from '@nestjs/common';
import { Refusal, type RefusalReason } from '../brokering/refusal.js';

/** Why a request fails: what brokering refuses, and what the edge itself does. */
export type Situation =
  | RefusalReason
  | 'unauthenticated'
  | 'forbidden'
  | 'too-many-requests'
  | 'unsupported-version'
  | 'malformed'
  | 'too-large'
  | 'async-required'
  | 'unknown-path'
  | 'internal';

/** OSB › Service Broker Errors, Error Codes. */
export const errorTable: Readonly<Record<Situation, { readonly status: number; readonly error: string }>> = {
  unauthenticated: { status: 401, error: 'Unauthorized' },
  forbidden: { status: 403, error: 'Forbidden' },
  'too-many-requests': { status: 429, error: 'TooManyRequests' },
  'unsupported-version': { status: 412, error: 'UnsupportedApiVersion' },
  malformed: { status: 400, error: 'MalformedRequest' },
  'too-large': { status: 413, error: 'RequestTooLarge' },
  'async-required': { status: 422, error: 'AsyncRequired' },
  'unknown-path': { status: 404, error: 'NotFound' },
  invalid: { status: 400, error: 'InvalidRequest' },
  absent: { status: 404, error: 'NotFound' },
  gone: { status: 410, error: 'Gone' },
  conflict: { status: 409, error: 'Conflict' },
  concurrency: { status: 422, error: 'ConcurrencyError' },
  'maintenance-info': { status: 422, error: 'MaintenanceInfoConflict' },
  unprocessable: { status: 422, error: 'Unprocessable' },
  failed: { status: 500, error: 'OperationFailed' },
  late: { status: 504, error: 'OperationTimedOut' },
  unavailable: { status: 503, error: 'ServiceUnavailable' },
  internal: { status: 500, error: 'InternalError' },
};

/** What the edge refuses before brokering hears of it. `message` is told to the user. */
export class EdgeRefusal extends Error {
  override readonly name = 'EdgeRefusal';
  constructor(
    readonly situation: Exclude<Situation, RefusalReason>,
    message: string,
  ) {
    super(message);
  }
}

/** What is told of an error. Of one that nobody foresaw, nothing. */
export function describeFailure(error: unknown): { readonly situation: Situation; readonly description: string } {
  if (error instanceof EdgeRefusal) return { situation: error.situation, description: error.message };
  if (error instanceof Refusal) return { situation: error.reason, description: error.message };
  const status = error instanceof HttpException ? error.getStatus() : 500;
  if (status === 404) return { situation: 'unknown-path', description: 'There is nothing at this path.' };
  if (status < 500) return { situation: 'malformed', description: 'The request is malformed.' };
  return { situation: 'internal', description: 'Something went wrong inside the broker.' };
}
