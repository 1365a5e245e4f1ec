import 'reflect-metadata';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule } from '@nestjs/swagger';
import type { Configuration } from './configuration.js';
import { HealthChecks, HealthController } from './observability/health.js';
import type { Logger } from './observability/logger.js';
import { Metrics, MetricsController } from './observability/metrics.js';
import { NestLogger } from './observability/nest-logger.js';
import { observeRequests } from './observability/request-log.js';
import { OsbExceptionFilter } from './osb/exception-filter.js';
import { apiVersion } from './osb/middleware/api-version.js';
import { authentication } from './osb/middleware/authentication.js';
import { originatingIdentity, requestIdentity } from './osb/middleware/identities.js';
import { jsonBody } from './osb/middleware/json-body.js';
import { describeApi } from './osb/openapi.js';
import { Platforms } from './osb/platforms.js';

export interface HttpOptions {
  readonly configuration: Pick<Configuration, 'basicAuth' | 'basicAuthFile'>;
  readonly logger: Logger;
  readonly health: HealthChecks;
  /** Whether an error is answered with 503: whoever asked may ask again soon. */
  readonly isUnavailable: (error: unknown) => boolean;
  /** What is served besides health and metrics, such as `osbModule(…)`. */
  readonly modules: readonly DynamicModule[];
}

@Module({ controllers: [HealthController, MetricsController] })
class HttpModule {}

/** Everything that is served over HTTP, ready to listen. */
export async function createHttpApplication(options: HttpOptions): Promise<NestExpressApplication> {
  const { configuration, logger, health, isUnavailable, modules } = options;
  const metrics = new Metrics();
  const platforms = new Platforms(configuration, logger);
  const root: DynamicModule = {
    module: HttpModule,
    imports: [...modules],
    providers: [
      { provide: HealthChecks, useValue: health },
      { provide: Metrics, useValue: metrics },
      { provide: Platforms, useValue: platforms },
    ],
  };
  const application = await NestFactory.create<NestExpressApplication>(root, {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  application.disable('x-powered-by');
  application.disable('etag');
  application.use(observeRequests(logger, metrics), requestIdentity);
  // The order of checks begins here, and goes on in `osb/requests.ts`.
  application.use('/v2', authentication(platforms), apiVersion, originatingIdentity, jsonBody);
  application.useGlobalFilters(new OsbExceptionFilter(logger, isUnavailable));
  SwaggerModule.setup('docs', application, () => describeApi(application), {
    jsonDocumentUrl: 'docs/openapi.json',
    raw: ['json'],
  });
  await application.init();
  return application;
}
