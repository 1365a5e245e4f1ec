import 'reflect-metadata';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { Authenticator } from './authentication/authenticator.js';
import type { Right } from './authentication/identity.js';
import type { RequestRate } from './authentication/request-rate.js';
import { clientCertificate } from './client-certificate.js';
import type { Configuration } from './configuration.js';
import { LimitedExpressAdapter } from './listener.js';
import { HealthChecks, HealthController } from './observability/health.js';
import type { Logger } from './observability/logger.js';
import { MetricsController } from './observability/metrics.controller.js';
import { Metrics } from './observability/metrics.js';
import { NestLogger } from './observability/nest-logger.js';
import { observeRequests } from './observability/request-log.js';
import { traceRequests } from './observability/request-trace.js';
import { OsbExceptionFilter } from './osb/exception-filter.js';
import { apiVersion } from './osb/middleware/api-version.js';
import { authentication } from './osb/middleware/authentication.js';
import { originatingIdentity, requestIdentity } from './osb/middleware/identities.js';
import { jsonBody } from './osb/middleware/json-body.js';
import { tlsOptions } from './tls.js';

export interface HttpOptions {
  readonly configuration: Pick<
    Configuration,
    | 'tls'
    | 'traces'
    | 'trustedProxies'
    | 'headersSeconds'
    | 'requestSeconds'
    | 'keepAliveSeconds'
    | 'maximumConnections'
  >;
  readonly authenticator: Authenticator;
  readonly rate: RequestRate;
  readonly logger: Logger;
  readonly health: HealthChecks;
  readonly metrics: Metrics;
  /** Whether an error is answered with 503: whoever asked may ask again soon. */
  readonly isUnavailable: (error: unknown) => boolean;
  /** What is served besides health and metrics, such as `osbModule(…)`. */
  readonly modules: readonly DynamicModule[];
}

@Module({ controllers: [HealthController, MetricsController] })
class HttpModule {}

/** Everything that is served over HTTP, ready to listen. */
export async function createHttpApplication(options: HttpOptions): Promise<NestExpressApplication> {
  const { configuration, logger, health, metrics, isUnavailable, modules } = options;
  const root: DynamicModule = {
    module: HttpModule,
    imports: [...modules],
    providers: [
      { provide: HealthChecks, useValue: health },
      { provide: Metrics, useValue: metrics },
    ],
  };
  const { tls } = configuration;
  const adapter = new LimitedExpressAdapter(configuration, tls && tlsOptions(tls));
  const application = await NestFactory.create<NestExpressApplication>(root, adapter, {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  application.disable('x-powered-by');
  application.disable('etag');
  application.set('trust proxy', configuration.trustedProxies);
  if (configuration.traces) application.use(traceRequests);
  application.use(observeRequests(logger, metrics), secureHeaders(tls !== undefined), requestIdentity);
  const authenticated = (right: Right) => authentication({ ...options, right, certificateOf: clientCertificate });
  // The order of checks begins here, and goes on in `osb/requests.ts`.
  application.use('/v2', authenticated('platform'), apiVersion, originatingIdentity, jsonBody);
  application.use('/v2/service_instances', neverKept);
  application.use('/operators', authenticated('operator'), neverKept);
  const filter = new OsbExceptionFilter(logger, isUnavailable);
  application.useGlobalFilters(filter);
  application.use('/docs', documentation(application, filter));
  await application.init();
  return application;
}

/** Nobody shows the API in a page but its documentation, which loads what it needs from here. */
function secureHeaders(isTls: boolean): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      directives: { 'upgrade-insecure-requests': isTls ? [] : null, 'frame-ancestors': ["'none'"] },
    },
    strictTransportSecurity: isTls,
    xFrameOptions: { action: 'deny' },
  });
}

/** Few ask for it, and what writes it takes as long to load as all the rest: it is loaded when somebody does. */
function documentation(application: NestExpressApplication, filter: OsbExceptionFilter): RequestHandler {
  let pages: Promise<RequestHandler> | undefined;
  return async (request, response, next) => {
    pages ??= import('./openapi.js').then(({ documentationOf }) => documentationOf(application, filter));
    const serve = await pages;
    // The pages' own routes begin at the root.
    request.url = request.originalUrl;
    serve(request, response, next);
  };
}

/** Answers may hold credentials: no cache keeps them. */
const neverKept: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};
