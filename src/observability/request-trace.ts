import { context, propagation, SpanKind, SpanStatusCode, type TextMapGetter, trace } from '@opentelemetry/api';
import type { RequestHandler } from 'express';
import { isQuiet, routeOf } from './request-log.js';
import { tracer } from './tracing.js';

const headers: TextMapGetter<NodeJS.Dict<string | string[]>> = {
  keys: (carrier) => Object.keys(carrier),
  get: (carrier, name) => carrier[name],
};

/**
 * A span a request, from which on whoever asked sees what came of it (`traceparent`).
 * https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
export const traceRequests: RequestHandler = (request, response, next) => {
  if (isQuiet(request.path)) return next();
  const { method } = request;
  const asked = propagation.extract(context.active(), request.headers, headers);
  const options = { kind: SpanKind.SERVER, attributes: { 'http.request.method': method } };
  const span = tracer.startSpan(method, options, asked);
  response.once('close', () => {
    const route = routeOf(request);
    if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
    span.setAttribute('http.response.status_code', response.statusCode);
    if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  });
  context.with(trace.setSpan(asked, span), next);
};
