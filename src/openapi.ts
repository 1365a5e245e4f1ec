import {
  type DynamicModule,
  type ExceptionFilter,
  type INestApplication,
  type InjectionToken,
  Module,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import * as swagger from '@nestjs/swagger';
import type { RequestHandler } from 'express';
import { Rotations } from './brokering/rotations.js';
import { ServiceBindings } from './brokering/service-bindings.js';
import { ServiceInstances } from './brokering/service-instances.js';
import { Catalog } from './catalog/catalog.js';
import { OperatorsModule, operatorsModule } from './operators/operators.module.js';
import { describeTo } from './osb/documentation.js';
import { OsbModule, osbModule } from './osb/osb.module.js';
import { OperatorsRepository } from './store/operators.repository.js';

@Module({})
class OpenApiModule {}

/** The OpenAPI document of the code. A preview makes no provider, so nothing stands behind the names. */
export async function openApiDocument(): Promise<swagger.OpenAPIObject> {
  const nothing = (provide: InjectionToken) => ({ provide, useValue: undefined });
  const root: DynamicModule = {
    module: OpenApiModule,
    imports: [
      osbModule({ providers: [Catalog, ServiceInstances, ServiceBindings].map(nothing) }),
      operatorsModule({ providers: [OperatorsRepository, Rotations].map(nothing) }),
    ],
  };
  const application = await NestFactory.create(root, {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  return describeApi(application);
}

/** Of a running broker; health and metrics are not part of it. */
function describeApi(application: INestApplication): swagger.OpenAPIObject {
  const about = new swagger.DocumentBuilder()
    .setOpenAPIVersion('3.0.3')
    .setTitle('Holdfast')
    .setDescription('Clustered databases on Kubernetes over the Open Service Broker API 2.17')
    .setVersion('2.17')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addBasicAuth()
    .addBearerAuth()
    .build();
  describeTo(swagger);
  const document = swagger.SwaggerModule.createDocument(application, about, {
    include: [OsbModule, OperatorsModule],
    operationIdFactory: (controller, method) => `${controller.replace('Controller', '')}.${method}`,
  });
  return sorted(document);
}

/** Serves the document of a running broker, and pages of it, at `/docs`. */
export async function documentationOf(application: INestApplication, filter: ExceptionFilter): Promise<RequestHandler> {
  const adapter = new ExpressAdapter();
  const pages = await NestFactory.create<NestExpressApplication>(OpenApiModule, adapter, { logger: false });
  pages.disable('x-powered-by');
  pages.disable('etag');
  pages.useGlobalFilters(filter);
  swagger.SwaggerModule.setup('docs', pages, () => describeApi(application), {
    jsonDocumentUrl: 'docs/openapi.json',
    raw: ['json'],
  });
  await pages.init();
  return adapter.getInstance();
}

/** Sorted, so that the file changes only where the code does. */
function sorted<Value>(value: Value): Value {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, child]) => [name, sorted(child)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))) as Value;
}
