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

describe('OSB › Provisioning, Deprovisioning, Binding, Unbinding: answers', () => {
  test('accepted: 202 with the operation alone', async () => {
    for (const answer of [
      await edge.broker.provision('i', sold),
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
    const answer = await edge.broker.bind('i', 'b', sold);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      credentials: { uri: 'notes://' },
      endpoints: [{ host: 'notes', ports: ['1'] }],
    });
  });
});

describe('OSB › Fetching', () => {
  test('an instance; its maintenance_info from 2.17 on', async () => {
    const { body } = await edge.broker.fetchInstance('i');
    expect(serviceInstanceAnswer.parse(body)).toEqual(body);
    expect(body).toMatchObject({ maintenance_info: { version: '1.0.0' } });
    expect((await edge.driver({ apiVersion: '2.16' }).fetchInstance('i')).body).not.toHaveProperty('maintenance_info');
  });

  test('a binding; its endpoints from 2.15 on', async () => {
    const { body } = await edge.broker.fetchBinding('i', 'b');
    expect(serviceBindingAnswer.parse(body)).toEqual(body);
    const older = await edge.driver({ apiVersion: '2.14' }).fetchBinding('i', 'b');
    expect(older.body).toEqual({ credentials: { uri: 'notes://' }, parameters: { role: 'reader' } });
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
