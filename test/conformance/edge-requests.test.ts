import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ErrorBody, instancePath } from '../support/broker-driver.js';
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

describe('OSB › Platform to Service Broker Authentication', () => {
  test.each([
    ['no credentials', undefined],
    ['a wrong password', `Basic ${Buffer.from('platform:wrong').toString('base64')}`],
    ['another scheme', 'Bearer abc'],
    ['no colon', `Basic ${Buffer.from('platform').toString('base64')}`],
    ['no base64', 'Basic ***'],
  ])('%s: 401', async (_, authorization) => {
    const answer = await edge.broker.raw<ErrorBody>('GET', '/v2/catalog', { headers: { authorization } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    expect(answer.body.error).toBe('Unauthorized');
  });

  test.each(['p:w,d', 'next'])('any of several passwords counts: %s', async (password) => {
    expect((await edge.driver({ password }).catalog()).status).toBe(200);
  });

  test('the user is the platform that brokering hears of', async () => {
    await edge.driver({ user: 'other', password: 'secret' }).fetchInstance('i');
    expect(edge.instances.asked).toEqual([
      { caller: { platform: 'other', credential: 'basic:other' }, instanceId: 'i' },
    ]);
  });

  test('unknown paths below /v2 are not told to strangers', async () => {
    expect((await edge.broker.raw('GET', '/v2/secret', { headers: { authorization: undefined } })).status).toBe(401);
  });
});

describe('OSB › API Version Header', () => {
  test.each(['2.13', '2.14', '2.15', '2.16', '2.17', '2.99'])('%s: 200', async (apiVersion) => {
    expect((await edge.driver({ apiVersion }).catalog()).status).toBe(200);
  });

  test.each([undefined, '2.12', '1.0', '3.0', 'latest', ''])(
    '%s: 412 with the versions that we speak',
    async (version) => {
      const headers = { 'x-broker-api-version': version };
      const answer = await edge.broker.raw<ErrorBody>('GET', '/v2/catalog', { headers });
      expect(answer.status).toBe(412);
      expect(answer.body.description).toContain('2.13, 2.14, 2.15, 2.16, 2.17');
    },
  );
});

describe('OSB › Request Identity: echoed', () => {
  const headers = { 'x-broker-api-request-identity': 'e26cee84-6b38-4456-b34e-d1a9f002c956' };
  test.each([
    ['on success', '/v2/catalog', {}, 200],
    ['on 401', '/v2/catalog', { authorization: undefined }, 401],
    ['on 412', '/v2/catalog', { 'x-broker-api-version': undefined }, 412],
    ['on 404', '/v2/nothing', {}, 404],
  ])('%s', async (_, path, more, status) => {
    const answer = await edge.broker.raw('GET', path, { headers: { ...headers, ...more } });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-broker-api-request-identity')).toBe(headers['x-broker-api-request-identity']);
  });
});

describe('OSB › Originating Identity', () => {
  test('reaches brokering with the request identity', async () => {
    const user = Buffer.from('{"user_id":"u"}').toString('base64');
    await edge.broker.raw('GET', instancePath('i'), {
      headers: { 'x-broker-api-originating-identity': `cloudfoundry ${user}`, 'x-broker-api-request-identity': 'r' },
    });
    expect(edge.instances.asked).toEqual([
      {
        caller: {
          platform: 'platform',
          credential: 'basic:platform',
          originatingIdentity: { platform: 'cloudfoundry', value: { user_id: 'u' } },
          requestIdentity: 'r',
        },
        instanceId: 'i',
      },
    ]);
  });

  test('what cannot be read is left out', async () => {
    const headers = { 'x-broker-api-originating-identity': 'cloudfoundry nonsense' };
    expect((await edge.broker.raw('GET', instancePath('i'), { headers })).status).toBe(200);
  });
});

describe('OSB › Content Type', () => {
  const put = (headers: Record<string, string | undefined>, body: unknown = provisionable) =>
    edge.broker.raw<ErrorBody>('PUT', instancePath('i'), { query: async, headers, body });

  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON'])('%s is read', async (type) => {
    expect((await put({ 'content-type': type })).status).toBe(202);
  });

  test('no content type is read as JSON', async () => {
    const answer = await fetch(`${edge.url}${instancePath('i')}?accepts_incomplete=true`, {
      method: 'PUT',
      headers: {
        authorization: `Basic ${Buffer.from('platform:next').toString('base64')}`,
        'x-broker-api-version': '2.17',
      },
      // Bytes, for which fetch makes no content type of its own.
      body: Buffer.from(JSON.stringify(provisionable)),
    });
    expect(answer.status).toBe(202);
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    'application/json; charset=ebcdic',
  ])('%s: 400', async (type) => {
    expect((await put({ 'content-type': type })).status).toBe(400);
  });

  test('an unknown content encoding: 400', async () => {
    expect((await put({ 'content-encoding': 'magic' })).status).toBe(400);
  });

  test('2 MiB: 413', async () => {
    const answer = await put({}, { ...provisionable, context: { filler: 'x'.repeat(2 ** 21) } });
    expect([answer.status, answer.body.error]).toEqual([413, 'RequestTooLarge']);
  });

  test('what was sent is not repeated where it cannot be read', async () => {
    expect(JSON.stringify(await put({}, '{"parameters": {"password": secret}}'))).not.toContain('secret');
  });

  test.each([
    ['nested too deep', `{"context":${'{"a":'.repeat(70)}1${'}'.repeat(70)}}`],
    ['nested absurdly deep', `{"context":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['a NUL in a field name', '{"context":{"a\\u0000":1}}'],
  ])('%s: 400', async (_, body) => {
    expect((await put({}, body)).status).toBe(400);
  });
});

describe('OSB › Vendor Extension Fields: unknown fields are ignored, and null is nothing', () => {
  test('provision', async () => {
    const body = {
      ...provisionable,
      context: null,
      parameters: null,
      maintenance_info: { version: '1.0.0', x: 1 },
      x: 1,
    };
    expect((await edge.broker.raw('PUT', instancePath('i'), { query: async, body })).status).toBe(202);
    expect(edge.instances.asked).toEqual([
      {
        caller: { platform: 'platform', credential: 'basic:platform' },
        instanceId: 'i',
        serviceId: 'service-1',
        planId: 'plan-1',
        organizationGuid: 'o',
        spaceGuid: 's',
        context: {},
        parameters: {},
        maintenanceInfoVersion: '1.0.0',
      },
    ]);
  });

  test('bind', async () => {
    const body = { ...sold, app_guid: 'old', bind_resource: { app_guid: 'app', x: 1 }, context: { x: 1 }, x: 1 };
    expect((await edge.broker.bind('i', 'b', body)).status).toBe(202);
    expect(edge.bindings.asked).toMatchObject([
      { kind: 'new', appGuid: 'app', bindResource: { app_guid: 'app', x: 1 }, context: { x: 1 }, parameters: {} },
    ]);
  });
});

describe('OSB › Updating, Binding Rotation: what brokering hears of', () => {
  const caller = { platform: 'platform', credential: 'basic:platform' };
  const update = {
    service_id: 'service-1',
    plan_id: 'plan-2',
    parameters: { colour: 'red' },
    context: { x: 1 },
    maintenance_info: { version: '1.0.0' },
    previous_values: { plan_id: 'plan-1' },
  };

  test.each([
    ['2.17', { maintenanceInfoVersion: '1.0.0' }],
    ['2.14', {}],
  ])('an update at %s', async (apiVersion, newer) => {
    await edge.driver({ apiVersion }).update('i', update);
    const { parameters, context } = update;
    expect(edge.instances.asked).toEqual([
      { caller, instanceId: 'i', serviceId: 'service-1', planId: 'plan-2', parameters, context, ...newer },
    ]);
  });

  test('what is absent is not heard of', async () => {
    await edge.broker.update('i', { service_id: 'service-1' });
    expect(edge.instances.asked).toEqual([{ caller, instanceId: 'i', serviceId: 'service-1' }]);
  });

  test('a successor, from 2.17 on', async () => {
    await edge.broker.bind('i', 'b', { predecessor_binding_id: 'a' });
    await edge.driver({ apiVersion: '2.16' }).bind('i', 'b', { predecessor_binding_id: 'a', ...sold });
    expect(edge.bindings.asked).toMatchObject([
      { kind: 'successor', predecessorBindingId: 'a', bindingId: 'b' },
      { kind: 'new', serviceId: 'service-1' },
    ]);
    expect(await edge.driver({ apiVersion: '2.16' }).bind('i', 'b', { predecessor_binding_id: 'a' })).toMatchObject({
      status: 400,
    });
  });
});

describe('OSB › URL Properties: ids of any characters', () => {
  test.each(['a/b', '%2F', 'ü 日本語', 'a?b#c', '...', 'last_operation', 'x'.repeat(200), `'";$&{}`])(
    '%s',
    async (id) => {
      expect((await edge.broker.fetchInstance(id)).status).toBe(200);
      expect((await edge.broker.fetchBinding(id, id)).status).toBe(200);
      expect(edge.instances.asked).toMatchObject([{ instanceId: id }]);
      expect(edge.bindings.asked).toMatchObject([{ instanceId: id, bindingId: id }]);
    },
  );

  test('what is no percent-encoding: 400', async () => {
    expect((await edge.broker.raw('GET', '/v2/service_instances/%ZZ')).status).toBe(400);
  });
});
