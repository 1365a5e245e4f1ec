import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { Refusal } from '../brokering/refusal.js';
import type { Logger } from '../observability/logger.js';
import { requestIdOf } from '../observability/request-log.js';
import { describeFailure, errorTable } from './errors.js';

const retryAfterSeconds = 5;
const unavailable = new Refusal('unavailable', 'The broker cannot reach its store now: try again in some seconds.');

/** OSB › Service Broker Errors: every failure leaves as `error` and `description`, by the one table. */
@Catch()
export class OsbExceptionFilter implements ExceptionFilter {
  /** @param isUnavailable whether an error says that what the broker stands on cannot be reached just now */
  constructor(
    private readonly log: Logger,
    private readonly isUnavailable: (error: unknown) => boolean,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const { situation, description } = describeFailure(this.isUnavailable(error) ? unavailable : error);
    if (situation === 'internal') this.log.error({ err: error }, 'a request failed');
    if (situation === 'unavailable') this.log.warn({ err: error }, 'a request cannot be served now');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (situation === 'unavailable') response.set('Retry-After', String(retryAfterSeconds));
    const { status, error: code } = errorTable[situation];
    const told =
      situation === 'internal'
        ? `${description} Its operator finds it as request ${requestIdOf(response)}.`
        : description;
    response.status(status).json({ error: code, description: told });
  }
}
