import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { catalogAnswer, serviceBindingAnswer, serviceInstanceAnswer } from '../../src/osb/answer-schemas.js';
import { bindingPath, instancePath } from '../support/broker-driver.js';
import { type Edge, sold, startEdge } from '../support/edge-only.js';

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());
beforeEach(() => {
  edge.instances.reset();
  edge.bindings.reset();
});

const provisionable = { ...sold, organization_guid: 'o', space_guid: 's' };
const async = { accepts_incomplete: 'true' };

const wholeBinding = {
  credentials: { uri: 'notes://' },
  endpoints: [{ host: 'notes', ports: ['1'] }],
  metadata: { expires_at: '2026-12-31T23:59:59.9Z', renew_before: '2026-12-24T00:00:00.0Z' },
};

describe('OSB › Provisioning, Updating, Deprovisioning, Binding, Unbinding: answers', () => {
  test('accepted: 202 with the operation alone', async () => {
    for (const answer of [
      await edge.broker.provision('i', sold),
      await edge.broker.update('i', sold),
      await edge.broker.deprovision('i', sold),
      await edge.broker.bind('i', 'b', sold),
      await edge.broker.unbind('i', 'b', sold),
    ]) {
      expect(answer).toMatchObject({ status: 202 });
      expect(answer.body).toEqual({ operation: 'o' });
    }
  });

  test('unchanged: 200, of a binding with its credentials', async () => {
    edge.instances.outcome = 'unchanged';
    edge.bindings.outcome = 'unchanged';
    expect(await edge.broker.provision('i', sold)).toMatchObject({ status: 200, body: {} });
    expect(await edge.broker.update('i', sold)).toMatchObject({ status: 200, body: {} });
    const answer = await edge.broker.bind('i', 'b', sold);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(wholeBinding);
  });

  test('finished: 201 with the binding, 200 of an unbind', async () => {
    edge.bindings.outcome = 'finished';
    const answer = await edge.broker.bind('i', 'b', sold);
    expect([answer.status, answer.body]).toEqual([201, wholeBinding]);
    expect(await edge.broker.unbind('i', 'b', sold)).toMatchObject({ status: 200, body: {} });
  });

  test.each([
    ['failed', 500, 'OperationFailed'],
    ['late', 504, 'OperationTimedOut'],
  ] as const)('%s within the request: %d with the reason', async (reason, status, error) => {
    edge.bindings.refuse = reason;
    const answer = await edge.broker.bind('i', 'b', sold);
    expect([answer.status, answer.body]).toEqual([status, { error, description: 'told so' }]);
  });
});

describe('OSB › Fetching', () => {
  test('an instance, and what older platforms hear of it', async () => {
    const { body } = await edge.broker.fetchInstance('i');
    expect(serviceInstanceAnswer.parse(body)).toEqual(body);
    const at = async (apiVersion: string) => (await edge.driver({ apiVersion }).fetchInstance('i')).body;
    const oldest = { ...sold, parameters: {} };
    expect(await at('2.15')).toEqual(oldest);
    expect(await at('2.16')).toEqual({ ...oldest, metadata: { labels: { colour: 'red' } } });
    const metadata = { labels: { colour: 'red' }, attributes: { pages: '3' } };
    expect(body).toEqual({ ...oldest, metadata, maintenance_info: { version: '1.0.0' } });
  });

  test('a binding, and what older platforms hear of it', async () => {
    const { body } = await edge.broker.fetchBinding('i', 'b');
    expect(serviceBindingAnswer.parse(body)).toEqual(body);
    const at = async (apiVersion: string) => (await edge.driver({ apiVersion }).fetchBinding('i', 'b')).body;
    const oldest = { credentials: wholeBinding.credentials, parameters: { role: 'reader' } };
    expect(await at('2.14')).toEqual(oldest);
    expect(await at('2.15')).toEqual({ ...oldest, endpoints: wholeBinding.endpoints });
    expect(await at('2.16')).toEqual({
      ...oldest,
      endpoints: wholeBinding.endpoints,
      metadata: { expires_at: wholeBinding.metadata.expires_at },
    });
    expect(body).toEqual({ ...oldest, ...wholeBinding });
  });
});

describe('OSB › Polling Last Operation', () => {
  test('Retry-After in whole seconds, from 2.15 on', async () => {
    const { headers, body } = await edge.broker.lastOperation('i');
    expect(body).toEqual({ state: 'in progress', description: 'starting' });
    expect(headers.get('retry-after')).toBe('3');
    expect((await edge.driver({ apiVersion: '2.14' }).lastOperation('i')).headers.get('retry-after')).toBeNull();
    expect((await edge.broker.lastOperation('i', 'b')).headers.get('retry-after')).toBeNull();
  });

  test('instance_usable and update_repeatable where brokering gives them, from 2.16 on', async () => {
    edge.instances.last = { state: 'failed', description: 'no', instanceUsable: false, updateRepeatable: true };
    const failed = { state: 'failed', description: 'no' };
    expect((await edge.broker.lastOperation('i')).body).toEqual({
      ...failed,
      instance_usable: false,
      update_repeatable: true,
    });
    expect((await edge.driver({ apiVersion: '2.15' }).lastOperation('i')).body).toEqual(failed);
  });

  test.each(['?operation=o&service_id=&plan_id=x', '?operation=&operation=o', '', '?operation=%20other%2F'])(
    'hints never matter: %j',
    async (query) => {
      expect((await edge.broker.raw('GET', `${instancePath('i')}/last_operation${query}`)).status).toBe(200);
      expect((await edge.broker.raw('GET', `${bindingPath('i', 'b')}/last_operation${query}`)).status).toBe(200);
    },
  );
});

describe('OSB › Catalog Management', () => {
  test('the catalog', async () => {
    const { status, body } = await edge.broker.catalog();
    expect(status).toBe(200);
    expect(catalogAnswer.parse(body)).toEqual(body);
  });

  test('C8: metadata under the names of the profile', async () => {
    expect((await edge.broker.catalog()).body.services).toMatchObject([{ metadata: { displayName: 'Notes' } }]);
  });

  test('an older platform is told nothing newer', async () => {
    const [offering] = (await edge.driver({ apiVersion: '2.13' }).catalog()).body.services;
    expect(Object.keys(offering ?? {}).sort()).toEqual(
      ['bindable', 'description', 'id', 'metadata', 'name', 'plan_updateable', 'plans', 'tags'].sort(),
    );
    expect(Object.keys(offering?.plans[0] ?? {}).sort()).toEqual(
      ['bindable', 'description', 'free', 'id', 'name', 'schemas'].sort(),
    );
  });

  test('is not sent again to who has it: If-None-Match, If-Modified-Since', async () => {
    const { headers } = await edge.broker.catalog();
    const get = (header: string, value: string) =>
      edge.broker.raw('GET', '/v2/catalog', { headers: { [header]: value } });
    const etag = headers.get('etag') ?? '';
    expect((await get('if-none-match', etag)).status).toBe(304);
    expect((await get('if-none-match', `W/"x", ${etag}`)).status).toBe(304);
    expect((await get('if-none-match', '"x"')).status).toBe(200);
    expect((await get('if-modified-since', headers.get('last-modified') ?? '')).status).toBe(304);
    expect((await get('if-modified-since', new Date(0).toUTCString())).status).toBe(200);
  });

  test('has another ETag for another version, and none before 2.16', async () => {
    const older = await edge.driver({ apiVersion: '2.15' }).catalog();
    expect(older.headers.get('etag')).toBeNull();
  });
});

describe('OSB › Service Broker Errors', () => {
  test('what brokering refuses leaves by the table', async () => {
    edge.instances.refuse = 'concurrency';
    expect(await edge.broker.provision('i', sold)).toMatchObject({
      status: 422,
      body: { error: 'ConcurrencyError', description: 'told so' },
    });
  });

  test('a store that is down: 503 with Retry-After', async () => {
    edge.instances.refuse = 'unavailable';
    const answer = await edge.broker.provision('i', sold);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('what nobody foresaw: 500, the reason in the log and not in the answer', async () => {
    edge.instances.refuse = new Error('the innermost secret');
    const answer = await edge.broker.provision('i', sold);
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).not.toMatch(/innermost|\.js|\.ts/);
    const [, requestId] = /request ([0-9a-f-]{36})/.exec(String(answer.body.description)) ?? [];
    expect(edge.logLines()).toContainEqual(expect.objectContaining({ requestId, status: 500 }));
    expect(edge.logLines()).toContainEqual(
      expect.objectContaining({ err: expect.objectContaining({ message: 'the innermost secret' }) }),
    );
  });

  test.each(['/', '/v2', '/v2/service_instances', '/nothing'])('unknown path %s: 404 in JSON', async (path) => {
    expect(await edge.broker.raw('GET', path)).toMatchObject({ status: 404, body: { error: 'NotFound' } });
  });

  test('an unknown verb: 404 in JSON', async () => {
    expect(await edge.broker.raw('POST', instancePath('i'), { body: {} })).toMatchObject({ status: 404 });
  });
});

describe('what HTTP itself tells', () => {
  test('nothing of how we are made', async () => {
    const { headers } = await edge.broker.fetchInstance('i');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('etag')).toBeNull();
  });

  test('one log line a request, without ids, queries, bodies or credentials', async () => {
    const before = edge.logLines().length;
    await edge.broker.raw('PUT', instancePath('id-of-mine'), {
      query: { ...async, token: 'in-the-query' },
      body: { ...provisionable, parameters: { password: 'in-the-body' } },
      headers: { 'x-broker-api-request-identity': 'r-1' },
    });
    await expect.poll(() => edge.logLines().length).toBe(before + 1);
    const line = edge.logLines().at(-1);
    expect(line).toMatchObject({
      method: 'PUT',
      route: '/v2/service_instances/:instance_id',
      status: 202,
      platform: 'platform',
      requestIdentity: 'r-1',
    });
    expect(JSON.stringify(line)).not.toMatch(/id-of-mine|in-the-query|in-the-body|p:w,d/);
  });
});
