import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A span as OTLP/JSON has it, with what is good for tests. */
export interface CollectedSpan {
  readonly role: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, 'attributes' | 'role'> & { attributes: readonly Attribute[] })[];
    }[];
  }[];
}

const valuesOf = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** Takes the spans of brokers: a collector of OpenTelemetry's protocol, over HTTP and in JSON. */
export class TraceCollector {
  readonly spans: CollectedSpan[] = [];
  /** All that was sent, as it came. */
  received = '';

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TraceCollector> {
    const server = createServer(async (request, response) => {
      collector.#take(await text(request));
      response.setHeader('Content-Type', 'application/json').end('{}');
    });
    const collector = new TraceCollector(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  /** What brokers are told of it; they send what they have five times a second. */
  get environment() {
    const { port } = this.server.address() as AddressInfo;
    return { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_BSP_SCHEDULE_DELAY: '200' };
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  #take(body: string): void {
    this.received += body;
    for (const { resource, scopeSpans } of (JSON.parse(body) as Export).resourceSpans) {
      const role = String(valuesOf(resource.attributes)['holdfast.role']);
      for (const { spans } of scopeSpans) {
        for (const span of spans) this.spans.push({ ...span, role, attributes: valuesOf(span.attributes) });
      }
    }
  }
}
