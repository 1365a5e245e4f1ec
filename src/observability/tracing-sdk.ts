import { DiagLogLevel, diag } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { Logger } from './logger.js';

/*
 * What makes something of the spans. It is loaded where traces are asked for, and nowhere else: it takes its time. All
 * that it can be told it reads from the standard variables (OTEL_…).
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */

/** Spans go to the collector from now on. @returns what sends the last ones, and ends that */
export function exportSpans(role: string, log: Logger): () => Promise<void> {
  const own = resourceFromAttributes({ 'service.name': 'holdfast', 'holdfast.role': role });
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(own)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  // Of a collector that is away it tells with each batch.
  let isTold = false;
  const tell = () => {
    if (!isTold) log.warn('traces cannot be sent to where OTEL_EXPORTER_OTLP_ENDPOINT says: they are lost');
    isTold = true;
  };
  const nothing = () => {};
  const logger = { error: tell, warn: nothing, info: nothing, debug: nothing, verbose: nothing };
  diag.setLogger(logger, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
  return () => provider.shutdown();
}
