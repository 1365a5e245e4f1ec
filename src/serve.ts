import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server as TlsServer } from 'node:tls';
import type { DynamicModule } from '@nestjs/common';
import { Authenticator } from './authentication/authenticator.js';
import { BearerTokens, type ReviewToken } from './authentication/bearer.js';
import { Failures } from './authentication/failures.js';
import { RequestRate } from './authentication/request-rate.js';
import { WatchedCredentials } from './authentication/watched-credentials.js';
import type { Broker } from './broker.js';
import { Rotations } from './brokering/rotations.js';
import { ServiceBindings } from './brokering/service-bindings.js';
import { ServiceInstances } from './brokering/service-instances.js';
import { Catalog } from './catalog/catalog.js';
import type { Configuration } from './configuration.js';
import { Drain } from './drain.js';
import { createHttpApplication } from './http.js';
import { type HealthCheck, HealthChecks } from './observability/health.js';
import type { Logger } from './observability/logger.js';
import { Metrics } from './observability/metrics.js';
import { operatorsModule } from './operators/operators.module.js';
import { osbModule } from './osb/osb.module.js';
import { FiguresRepository } from './store/figures.repository.js';
import { OperatorsRepository } from './store/operators.repository.js';
import { operationKinds, operationStates } from './store/records.js';
import { isUnreachable } from './store/store.js';
import { watchTls } from './tls.js';

export interface Served {
  readonly url: string;
  /**
   * First tells that it stops, by its readiness and by `Connection: close`, and goes on for the seconds that the
   * configuration says; then it takes no more connections, and answers what still comes on those that there are.
   */
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly broker: Broker;
  readonly configuration: Configuration;
  /** Of what Holdfast needs, besides the store and Redis. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
  /** Asks the cluster about the token of a service account; left out where there is no cluster. */
  readonly reviewToken?: ReviewToken;
  readonly log: Logger;
}

/** Listens. A worker serves its health and its metrics only. */
export async function serve({ broker, configuration, checks, reviewToken, log }: ServeOptions): Promise<Served> {
  const health = new HealthChecks({
    store: () => broker.checkStore(),
    redis: () => broker.checkRedis(),
    ...checks,
  });
  const metrics = metricsOf(broker, health);
  const modules = configuration.role === 'worker' ? [] : [osb(broker), operators(broker)];
  const counted = { redis: broker.requestRedis, prefix: broker.redisPrefix };
  const { mostFailuresPerMinute, mostRequestsPerSecond, tls } = configuration;
  const credentials = new WatchedCredentials(configuration, log);
  const failures = new Failures({ ...counted, mostPerMinute: mostFailuresPerMinute });
  const application = await createHttpApplication({
    configuration,
    authenticator: new Authenticator(credentials, new BearerTokens(reviewToken), failures),
    rate: new RequestRate({ ...counted, mostPerSecond: mostRequestsPerSecond }),
    logger: log,
    health,
    metrics,
    isUnavailable: isUnreachable,
    modules,
  });
  const server: unknown = application.getHttpServer();
  const certificates = tls && server instanceof TlsServer ? watchTls(tls, server, log) : undefined;
  const drain = new Drain(application.getHttpServer());
  await application.listen(configuration.port, configuration.host);
  const { address, port, family } = application.getHttpServer().address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  const close = async () => {
    health.isStopping = true;
    drain.begin();
    // Nobody sends a worker anything that must not fail.
    const drainSeconds = configuration.role === 'worker' ? 0 : configuration.drainSeconds;
    await sleep(drainSeconds * 1_000);
    await drain.end(drainSeconds > 0);
    await application.close();
    metrics.stop();
    credentials.stop();
    certificates?.stop();
  };
  return { url: `${tls ? 'https' : 'http'}://${host}:${port}`, close };
}

function metricsOf(broker: Broker, health: HealthChecks): Metrics {
  const figures = new FiguresRepository(broker.store);
  const metrics = new Metrics({ health, jobs: () => broker.countJobs(), figures: () => figures.read() });
  metrics.expect({
    services: [...new Set(broker.catalog.offerings.map(({ service }) => service.name))],
    kinds: operationKinds,
    states: operationStates.filter((state) => state !== 'queued' && state !== 'running'),
    tasks: broker.engine?.tasks ?? [],
  });
  return metrics;
}

const osb = (broker: Broker): DynamicModule =>
  osbModule({
    providers: [
      { provide: Catalog, useValue: broker.catalog },
      { provide: ServiceInstances, useValue: broker.serviceInstances },
      { provide: ServiceBindings, useValue: broker.serviceBindings },
    ],
  });

const operators = ({ store, rotations }: Broker): DynamicModule =>
  operatorsModule({
    providers: [
      { provide: OperatorsRepository, useValue: new OperatorsRepository(store) },
      { provide: Rotations, useValue: rotations },
    ],
  });
