import http from 'node:http';
import https from 'node:https';
import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';

const maximumHeaderBytes = 16 * 1024;
const maximumHeaders = 100;
const handshakeMilliseconds = 10_000;
/** How often Node looks for connections that are too slow. */
const lookEveryMilliseconds = 1_000;

/** What a client may take of the listener. */
export interface ListenerLimits {
  /** Until a request's headers are there, from the connection's begin or the end of the request before. */
  readonly headersSeconds: number;
  /** Until the whole request is there. */
  readonly requestSeconds: number;
  /** How long a connection may be idle between requests. */
  readonly keepAliveSeconds: number;
  readonly maximumConnections: number;
}

/** Express on a server of ours: Nest's own has Node's limits, some of which can only be given when it is made. */
export class LimitedExpressAdapter extends ExpressAdapter {
  /** @param tls makes it HTTPS */
  constructor(
    private readonly limits: ListenerLimits,
    private readonly tls?: https.ServerOptions,
  ) {
    super();
  }

  override initHttpServer(_options: NestApplicationOptions): void {
    const { headersSeconds, requestSeconds, keepAliveSeconds, maximumConnections } = this.limits;
    const options: http.ServerOptions = {
      maxHeaderSize: maximumHeaderBytes,
      // Node demands that this be no more than the whole request's.
      headersTimeout: Math.min(headersSeconds, requestSeconds) * 1_000,
      requestTimeout: requestSeconds * 1_000,
      keepAliveTimeout: keepAliveSeconds * 1_000,
      connectionsCheckingInterval: lookEveryMilliseconds,
    };
    const server = this.tls
      ? https.createServer({ ...options, ...this.tls, handshakeTimeout: handshakeMilliseconds }, this.getInstance())
      : http.createServer(options, this.getInstance());
    server.maxHeadersCount = maximumHeaders;
    server.maxConnections = maximumConnections;
    this.setHttpServer(server);
  }
}
