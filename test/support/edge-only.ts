import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { z } from 'zod';
import { Authenticator } from '../../src/authentication/authenticator.js';
import { BearerTokens, type ReviewToken } from '../../src/authentication/bearer.js';
import { Failures } from '../../src/authentication/failures.js';
import { RequestRate } from '../../src/authentication/request-rate.js';
import { WatchedCredentials } from '../../src/authentication/watched-credentials.js';
import { Refusal, type RefusalReason } from '../../src/brokering/refusal.js';
import type { BindingView, InstanceView, LastOperation, Patience } from '../../src/brokering/requests.js';
import { ServiceBindings } from '../../src/brokering/service-bindings.js';
import { ServiceInstances } from '../../src/brokering/service-instances.js';
import { Catalog } from '../../src/catalog/catalog.js';
import { readCatalog } from '../../src/catalog/read-catalog.js';
import { loadConfiguration } from '../../src/configuration.js';
import { createHttpApplication } from '../../src/http.js';
import { HealthChecks } from '../../src/observability/health.js';
import { Metrics } from '../../src/observability/metrics.js';
import { osbModule } from '../../src/osb/osb.module.js';
import type { AnyService } from '../../src/services/service.js';
import { BrokerDriver } from './broker-driver.js';

/*
 * The HTTP edge alone: behind it stand no store and no queue, but objects that note what they were asked and answer
 * what the test tells them to. Only for what the edge itself decides.
 */

export const sold = { service_id: 'service-1', plan_id: 'plan-1' };

const catalogText = `
offerings:
  - name: notes
    id: service-1
    service: notebook
    description: Notes
    bindable: true
    allow_context_updates: true
    tags: [notes]
    metadata: { displayName: Notes }
    plans:
      - name: small
        id: plan-1
        description: A few
        free: true
        plan_updateable: true
        binding_rotatable: true
        maximum_polling_duration: 60
        maintenance_info: { version: 1.0.0, description: First }
        template: { pages: 3 }
`;

/** A service that the edge never runs: only its schemas are asked for. */
export const notebook = {
  name: 'notebook',
  templateSchema: z.strictObject({ pages: z.int().positive() }),
  templateVersion: 1,
  parameterSchemas: () => ({
    provision: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      additionalProperties: false,
      properties: { colour: { type: 'string', enum: ['red', 'blue'] } },
    },
    update: { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', additionalProperties: false },
    bind: { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', additionalProperties: false },
  }),
} as unknown as AnyService;

/** Every way in which a request can succeed; each method takes those that it has. */
const outcomes = {
  accepted: { kind: 'accepted', operation: 'o' },
  unchanged: { kind: 'unchanged' },
  finished: { kind: 'finished' },
} as const;

const starting: LastOperation = { state: 'in progress', description: 'starting', retryAfter: 2.5 };

export class NotedInstances extends ServiceInstances {
  asked: unknown[] = [];
  refuse: RefusalReason | Error | undefined;
  outcome: Exclude<keyof typeof outcomes, 'finished'> = 'accepted';
  last: LastOperation = starting;
  view: InstanceView = {
    serviceId: 'service-1',
    planId: 'plan-1',
    parameters: {},
    maintenanceInfoVersion: '1.0.0',
    metadata: { labels: { colour: 'red' }, attributes: { pages: '3' } },
  };

  provision = async (request: unknown) => this.note(request, outcomes[this.outcome]);
  update = async (request: unknown) => this.note(request, outcomes[this.outcome]);
  deprovision = async (request: unknown) => this.note(request, outcomes.accepted);
  fetch = async (address: unknown) => this.note(address, this.view);
  lastOperation = async (address: object, request: object) => this.note({ ...address, ...request }, this.last);

  reset(): void {
    this.asked = [];
    this.refuse = undefined;
    this.outcome = 'accepted';
    this.last = starting;
  }

  private note<Outcome>(request: unknown, outcome: Outcome): Outcome {
    this.asked.push(request);
    if (this.refuse instanceof Error) throw this.refuse;
    if (this.refuse) throw new Refusal(this.refuse, 'told so');
    return outcome;
  }
}

export class NotedBindings extends ServiceBindings {
  asked: unknown[] = [];
  patience: Patience[] = [];
  refuse: RefusalReason | undefined;
  outcome: keyof typeof outcomes = 'accepted';
  last: LastOperation = { state: 'succeeded', description: 'done' };
  view: BindingView = {
    credentials: { uri: 'notes://' },
    metadata: {
      expiresAt: new Date('2026-12-31T23:59:59.99Z'),
      renewBefore: new Date('2026-12-24T00:00:00Z'),
    },
    parameters: { role: 'reader' },
    endpoints: [{ host: 'notes', ports: ['1'] }],
  };

  bind = async (request: unknown, patience: Patience) => {
    this.patience.push(patience);
    return this.note(request, outcomes[this.outcome]);
  };
  unbind = async (request: unknown, patience: Patience) => {
    this.patience.push(patience);
    return this.note(request, this.outcome === 'accepted' ? outcomes.accepted : outcomes.finished);
  };
  fetch = async (address: unknown) => this.note(address, this.view);
  lastOperation = async (address: object, request: object) => this.note({ ...address, ...request }, this.last);

  reset(): void {
    this.asked = [];
    this.patience = [];
    this.refuse = undefined;
    this.outcome = 'accepted';
  }

  private note<Outcome>(request: unknown, outcome: Outcome): Outcome {
    this.asked.push(request);
    if (this.refuse) throw new Refusal(this.refuse, 'told so');
    return outcome;
  }
}

export interface Edge {
  readonly instances: NotedInstances;
  readonly bindings: NotedBindings;
  readonly broker: BrokerDriver;
  readonly url: string;
  readonly logLines: () => readonly Record<string, unknown>[];
  driver(options: { apiVersion?: string; user?: string; password?: string }): BrokerDriver;
  close(): Promise<void>;
}

export interface EdgeOptions {
  readonly health?: HealthChecks;
  /** Over the defaults. */
  readonly environment?: NodeJS.ProcessEnv;
  readonly reviewToken?: ReviewToken;
}

/** What the edge does not use must be set all the same. */
const unused = {
  HOLDFAST_STORE_URL: 'mongodb://nowhere/store',
  HOLDFAST_REDIS_URL: 'redis://nowhere',
  HOLDFAST_ENCRYPTION_KEYS: `k:${Buffer.alloc(32).toString('base64')}`,
};

export async function startEdge({ health, environment, reviewToken }: EdgeOptions = {}): Promise<Edge> {
  const instances = new NotedInstances();
  const bindings = new NotedBindings();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-edge-'));
  const [file, credentialsFile] = [join(folder, 'catalog.yaml'), join(folder, 'credentials')];
  writeFileSync(file, catalogText);
  writeFileSync(credentialsFile, 'platform:p:w,d\nplatform:next\nother:secret\n');
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
  const configuration = loadConfiguration({
    HOLDFAST_BASIC_AUTH_FILE: credentialsFile,
    ...unused,
    ...environment,
  });
  const { mostFailuresPerMinute, mostRequestsPerSecond } = configuration;
  const credentials = new WatchedCredentials(configuration, logger);
  const failures = new Failures({ prefix: 'edge', mostPerMinute: mostFailuresPerMinute });
  const checks = health ?? new HealthChecks({ store: async () => undefined });
  const metrics = new Metrics({ health: checks });
  const application = await createHttpApplication({
    isUnavailable: () => false,
    configuration,
    authenticator: new Authenticator(credentials, new BearerTokens(reviewToken), failures),
    rate: new RequestRate({ prefix: 'edge', mostPerSecond: mostRequestsPerSecond }),
    logger,
    health: checks,
    metrics,
    modules: [
      osbModule({
        providers: [
          { provide: ServiceInstances, useValue: instances },
          { provide: ServiceBindings, useValue: bindings },
          { provide: Catalog, useValue: readCatalog(file, new Map([['notebook', notebook]])) },
        ],
      }),
    ],
  });
  await application.listen(0, '127.0.0.1');
  const scheme = configuration.tls ? 'https' : 'http';
  const url = `${scheme}://127.0.0.1:${(application.getHttpServer().address() as AddressInfo).port}`;
  const driver: Edge['driver'] = (over) => new BrokerDriver({ url, user: 'platform', password: 'p:w,d', ...over });
  return {
    instances,
    bindings,
    url,
    driver,
    broker: driver({}),
    logLines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    close: async () => {
      metrics.stop();
      credentials.stop();
      await application.close();
      rmSync(folder, { recursive: true });
    },
  };
}
