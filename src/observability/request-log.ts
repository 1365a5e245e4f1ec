import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { type Logger, withLogFields } from './logger.js';
import type { Metrics } from './metrics.js';

interface Observed {
  readonly requestId: string;
  fields: Record<string, unknown>;
}

const observed = new WeakMap<Response, Observed>();

/** Paths that machines ask for every few seconds; their lines would hide the others. */
export const isQuiet = (path: string): boolean => /^\/(health|metrics)(\/|$)/.test(path);

/** The template that its path was found by, once it was. */
export function routeOf(request: Request): string | undefined {
  const path: unknown = request.route?.path;
  return typeof path === 'string' ? path : undefined;
}

/** One line and one measurement a request: never its body, its query or the ids in its path. */
export function observeRequests(log: Logger, metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const began = performance.now();
    const requestId = randomUUID();
    observed.set(response, { requestId, fields: {} });
    response.once('close', () => {
      const { method } = request;
      const route = routeOf(request) ?? 'none';
      const milliseconds = performance.now() - began;
      metrics.observeRequest({ method, route, status: response.statusCode }, milliseconds / 1000);
      const line = {
        requestId,
        ...observed.get(response)?.fields,
        method,
        route,
        status: response.statusCode,
        ms: Math.round(milliseconds * 10) / 10,
        ...(response.writableFinished ? {} : { aborted: true }),
      };
      log[isQuiet(request.path) ? 'debug' : 'info'](line, 'request');
    });
    withLogFields({ requestId }, next);
  };
}

/** Adds `fields` to the line about this request. */
export function noteInRequestLog(response: Response, fields: Record<string, unknown>): void {
  const about = observed.get(response);
  if (about) about.fields = { ...about.fields, ...fields };
}

/** Goes on with `fields` in every log line of this request, also in the one about it. */
export function withRequestLogFields(response: Response, fields: Record<string, unknown>, next: () => void): void {
  noteInRequestLog(response, fields);
  withLogFields(fields, next);
}

/** What the log knows this request by. */
export const requestIdOf = (response: Response): string => observed.get(response)?.requestId ?? 'unknown';
