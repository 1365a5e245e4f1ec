import { type Attributes, context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

/*
 * Spans of OpenTelemetry. Nothing comes of them unless `startTracing` had its SDK loaded. They tell which operation and
 * which step it was, how long it took and what it came to: no parameter, no credential, no message of an error.
 */

export const tracer = trace.getTracer('holdfast');

/** W3C Trace Context of the span that runs, by which another process goes on; nothing where nothing is traced. */
export function currentTrace(): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** What the log calls the trace that runs. */
export function traceFields(): { readonly traceId?: string } {
  const active = trace.getActiveSpan()?.spanContext();
  return active === undefined ? {} : { traceId: active.traceId };
}

/** Adds to the span that runs. */
export function noteInSpan(attributes: Attributes): void {
  trace.getActiveSpan()?.setAttributes(attributes);
}

/** The span that runs came to no good end. @param type what went wrong, one of few words */
export function failSpan(type: string): void {
  const span = trace.getActiveSpan();
  span?.setAttribute('error.type', type);
  span?.setStatus({ code: SpanStatusCode.ERROR });
}

interface SpanOptions {
  readonly attributes: Attributes;
  /** What `currentTrace` told where the work was asked for. */
  readonly continues?: string | undefined;
}

/** Runs `work` in a span: a part of the one that runs, or the continuation of another process's. */
export async function inSpan<Result>(
  name: string,
  { attributes, continues }: SpanOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  const asked = continues === undefined ? undefined : { traceparent: continues };
  const parent = asked ? propagation.extract(context.active(), asked) : context.active();
  const kind = asked ? SpanKind.CONSUMER : SpanKind.INTERNAL;
  return await tracer.startActiveSpan(name, { kind, attributes }, parent, async (span) => {
    try {
      return await work();
    } catch (error) {
      failSpan(error instanceof Error ? error.name : 'unknown');
      throw error;
    } finally {
      span.end();
    }
  });
}
