import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Authenticator } from '../../src/authentication/authenticator.js';
import { BearerTokens } from '../../src/authentication/bearer.js';
import { Failures } from '../../src/authentication/failures.js';
import { RequestRate } from '../../src/authentication/request-rate.js';
import { WatchedCredentials } from '../../src/authentication/watched-credentials.js';
import { loadConfiguration } from '../../src/configuration.js';
import { HealthChecks } from '../../src/observability/health.js';
import { createLogger } from '../../src/observability/logger.js';
import { Metrics } from '../../src/observability/metrics.js';
import { observeRequests } from '../../src/observability/request-log.js';
import { requestConnection } from '../../src/operations/redis.js';
import { authentication } from '../../src/osb/middleware/authentication.js';
import { Store } from '../../src/store/store.js';

/*
 * What the broker is compared with: Express, with the broker's own logging and authentication, that answers a constant,
 * reads one document, or inserts one as durably as the broker does. The text of the constant is in a file, BENCH_CONSTANT.
 */

interface Document {
  readonly _id: string;
  readonly [field: string]: unknown;
}

const configuration = loadConfiguration(process.env);
const log = createLogger(configuration.logLevel);
const redis = requestConnection(configuration.redisUrl, log);
const prefix = 'bench-reference';
const documents = Store.open(configuration.storeUrl).database.collection<Document>('reference');
const constant = readFileSync(String(process.env.BENCH_CONSTANT), 'utf8');

const app = express().disable('x-powered-by').disable('etag');
app.get('/bare/:id', (_request, response) => void response.type('application/json').send(constant));
app.use(
  observeRequests(log, new Metrics({ health: new HealthChecks({ store: async () => undefined }) })),
  authentication({
    authenticator: new Authenticator(
      new WatchedCredentials(configuration, log),
      new BearerTokens(undefined),
      new Failures({ redis, prefix, mostPerMinute: configuration.mostFailuresPerMinute }),
    ),
    rate: new RequestRate({ redis, prefix, mostPerSecond: configuration.mostRequestsPerSecond }),
    right: 'platform',
    certificateOf: () => undefined,
  }),
);
app.get('/constant/:id', (_request, response) => void response.type('application/json').send(constant));
app.get('/document/:id', async (request, response) => {
  const document = await documents.findOne({ _id: request.params.id });
  response.status(document ? 200 : 404).json({ state: document?.state, description: document?.description });
});
app.put('/document/:id', express.json(), async (request, response) => {
  const { id } = request.params;
  await documents.insertOne({ _id: id, state: 'in progress', description: 'accepted', ...request.body });
  response.status(202).json({ operation: id });
});
const server = app.listen(0, '127.0.0.1', () => {
  log.info({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, 'the reference is ready');
});
