import type { AddressInfo } from 'node:net';
import type { DynamicModule } from '@nestjs/common';
import type { Broker } from './broker.js';
import { ServiceBindings } from './brokering/service-bindings.js';
import { ServiceInstances } from './brokering/service-instances.js';
import { Catalog } from './catalog/catalog.js';
import type { Configuration } from './configuration.js';
import { createHttpApplication } from './http.js';
import { type HealthCheck, HealthChecks } from './observability/health.js';
import type { Logger } from './observability/logger.js';
import { osbModule } from './osb/osb.module.js';
import { isUnreachable } from './store/store.js';

export interface Served {
  readonly url: string;
  /** Answers the requests that are under way, and takes no more. */
  close(): Promise<void>;
}

/** Listens. A worker serves its health and its metrics only. */
export async function serve(
  broker: Broker,
  configuration: Configuration,
  checks: Readonly<Record<string, HealthCheck>>,
  logger: Logger,
): Promise<Served> {
  const health = new HealthChecks({
    store: () => broker.checkStore(),
    redis: () => broker.checkRedis(),
    ...checks,
  });
  const modules = configuration.role === 'worker' ? [] : [osb(broker)];
  const application = await createHttpApplication({
    configuration,
    logger,
    health,
    isUnavailable: isUnreachable,
    modules,
  });
  await application.listen(configuration.port, configuration.host);
  const { address, port, family } = application.getHttpServer().address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return { url: `http://${host}:${port}`, close: () => application.close() };
}

const osb = (broker: Broker): DynamicModule =>
  osbModule({
    providers: [
      { provide: Catalog, useValue: broker.catalog },
      { provide: ServiceInstances, useValue: broker.serviceInstances },
      { provide: ServiceBindings, useValue: broker.serviceBindings },
    ],
  });
