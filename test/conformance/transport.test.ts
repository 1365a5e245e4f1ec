import supertest from 'supertest';
import { describe, expect, test } from 'vitest';
import { instancePath } from '../support/broker-driver.js';
import { newId, usePlatform } from './stub-platform.js';

const platform = usePlatform();
const error = { error: expect.stringMatching(/^[A-Z][A-Za-z]+$/), description: expect.stringMatching(/./) };

describe('OSB › Headers › API Version Header', () => {
  test.each(['2.13', '2.14', '2.15', '2.16', '2.17', '2.99'])('H1: %s is served', async (version) => {
    await platform.as({ version }).catalog().expect(200);
    await platform.as({ version }).provision(newId()).expect(202);
  });

  test.each(['2.12', '1.0', '3.0', 'latest'])('H1: %s is answered 412 with the versions to use', async (version) => {
    const before = await platform.traces();
    const { body } = await platform.as({ version }).provision(newId()).expect(412);
    expect(body).toEqual(error);
    expect(body.description).toContain('2.13, 2.14, 2.15, 2.16, 2.17');
    expect(await platform.traces()).toEqual(before);
  });

  test('H2: no version is answered 412', async () => {
    await supertest(platform.stub.url).get('/v2/catalog').auth('platform', 'secret').expect(412);
  });
});

describe('OSB › Originating Identity', () => {
  test('H3: is kept for audit; one that cannot be read is left out', async () => {
    const value = { user_id: 'u-1' };
    const encoded = Buffer.from(JSON.stringify(value)).toString('base64');
    const [readable, unreadable] = [newId(), newId()];
    const identify = (id: string, identity: string) =>
      platform.provision(id).set('X-Broker-API-Originating-Identity', identity).expect(202);
    await identify(readable, `cloudfoundry ${encoded}`);
    await identify(unreadable, 'cloudfoundry ***');
    const audited = (instanceId: string) => platform.store.auditEvents.findOne({ instanceId, event: 'accepted' });
    expect(await audited(readable)).toMatchObject({ originatingIdentity: { platform: 'cloudfoundry', value } });
    expect(await audited(unreadable)).not.toHaveProperty('originatingIdentity');
  });
});

describe('OSB › Request Identity', () => {
  const identity = 'e26cee84-6b38-4456-b34e-d1a9f002c956';
  test('H4: is echoed, on errors too, and kept for audit', async () => {
    const id = newId();
    const header = { 'X-Broker-API-Request-Identity': identity };
    const answers = [
      await platform.provision(id).set(header).expect(202),
      await platform.provision(newId(), { plan_id: 'unknown' }).set(header).expect(400),
      await platform.deprovision('unknown').set(header).expect(410),
      await platform.as({ version: '2.12' }).catalog(header).expect(412),
      await supertest(platform.stub.url).get('/v2/catalog').set(header).expect(401),
    ];
    for (const { headers } of answers) expect(headers['x-broker-api-request-identity']).toBe(identity);
    expect(await platform.store.auditEvents.findOne({ instanceId: id })).toMatchObject({ requestIdentity: identity });
  });
});

describe('OSB › Vendor Extension Fields', () => {
  test('H5: unknown fields are ignored, in every object that the specification has', async () => {
    const id = newId();
    const extended = { context: { x: 1 }, maintenance_info: { version: '1.0.0', x: 1 }, x: { y: 1 } };
    await platform.provision(id, extended).expect(202);
    await platform.ended(id);
    const update = { parameters: { colour: 'red' }, previous_values: { x: 1 }, x: 1 };
    await platform.update(id, update).expect(202);
    await platform.ended(id);
    await platform.bind(id, `${id}-b`, { ...platform.sold, bind_resource: { app_guid: 'a', x: 1 }, x: 1 }).expect(201);
    await platform.unbind(id, `${id}-b`, { ...platform.sold, accepts_incomplete: true, x: '1' }).expect(200);
    await platform.deprovision(id, { ...platform.sold, accepts_incomplete: true, x: '1' }).expect(202);
  });
});

describe('OSB › Platform to Service Broker Authentication', () => {
  test.each([
    ['no credentials', undefined],
    ['a wrong password', 'wrong'],
  ])('H6: %s: 401, whatever else is wrong', async (_, password) => {
    const request = supertest(platform.stub.url).put(instancePath(newId())).set('Content-Type', 'text/plain');
    if (password !== undefined) request.auth('platform', password);
    const { body, headers } = await request.send('{').expect(401);
    expect(body).toEqual(error);
    expect(headers['www-authenticate']).toMatch(/^Basic /);
  });
});

describe('OSB › Content Type', () => {
  const raw = (text: string, type: string) =>
    platform
      .send('put', instancePath(newId()), { accepts_incomplete: true })
      .set('Content-Type', type)
      .serialize(() => text)
      .send({});

  test.each([
    ['another content type', 400, '{}', 'text/plain'],
    ['malformed JSON', 400, '{"service_id": ', 'application/json'],
    ['JSON that is no object', 400, '[1]', 'application/json'],
    ['a body of 2 MiB', 413, `{"x":"${'x'.repeat(2 ** 21)}"}`, 'application/json'],
  ])('H7: %s: %d, and nothing reaches the store', async (_, status, text, type) => {
    const before = await platform.traces();
    const { body } = await raw(text, type).expect(status);
    expect(body).toEqual(error);
    expect(await platform.traces()).toEqual(before);
  });
});

describe('OSB › URL Properties', () => {
  test.each(['a', 'x'.repeat(200), 'with space/and slash', 'ünïcödé-数据库', '%41', 'a?b#c&d=e', 'quote\'"\\', '.-_~'])(
    'H8: works with the id %j',
    async (name) => {
      const id = `${name}${name === 'a' ? '' : newId()}`;
      await platform.bound(id);
      await platform.fetch(id).expect(200);
      await platform.fetchBinding(id, `${id}-b`).expect(200);
      await platform.last(id, { operation: id, service_id: id, plan_id: id }).expect(200);
      await platform.unbind(id, `${id}-b`).expect(200);
      await platform.deprovision(id).expect(202);
      await platform.ended(id);
      await platform.fetch(id).expect(404);
    },
  );

  test('H8: different ids never meet in the cluster', async () => {
    const ids = ['A', 'a ', 'a/', 'ä', 'a%20', '%61'].map((name) => `${name}${newId()}`);
    for (const id of ids) await platform.provision(id).expect(202);
    const stored = await platform.store.instances.find({ instanceId: { $in: ids } }).toArray();
    expect(new Set(stored.map(({ _id }) => _id)).size).toBe(ids.length);
    for (const { _id } of stored) expect(_id).toMatch(/^[a-z2-7]{20}$/);
  });
});

describe('OSB › API Overview', () => {
  test('H9: several platforms, told apart by their credentials, do not see each other', async () => {
    const id = await platform.ready();
    const other = platform.as({ user: 'other' });
    await other.fetch(id).expect(404);
    await other.deprovision(id).expect(410);
    await other.provision(id, { space_guid: 'another' }).expect(202);
    expect((await platform.fetch(id).expect(200)).body).toMatchObject(platform.sold);
  });
});

describe('OSB › Service Broker Errors', () => {
  test('E1, E2: each error has its own status, a CamelCase word and a description for the user', async () => {
    const id = await platform.ready();
    const answers = [
      [await platform.provision(newId(), { plan_id: 'unknown' }), 400, 'InvalidRequest'],
      [await platform.provision(newId(), { space_guid: '' }), 400, 'MalformedRequest'],
      [await platform.fetch('unknown'), 404, 'NotFound'],
      [await platform.provision(id, { space_guid: 'another' }), 409, 'Conflict'],
      [await platform.deprovision('unknown'), 410, 'Gone'],
      [await platform.update(id, { parameters: { colour: 'black' } }), 422, 'Unprocessable'],
      [await platform.send('post', instancePath(id)).send({}), 404, 'NotFound'],
    ] as const;
    for (const [answer, status, word] of answers) {
      expect([answer.status, answer.body]).toEqual([status, { ...error, error: word }]);
    }
  });

  test('E4: the codes of the specification leave with 422', async () => {
    const id = await platform.ready();
    platform.hold(id);
    await platform.update(id, { parameters: { colour: 'red' } }).expect(202);
    const answers = [
      [await platform.provision(newId(), {}, {}), 'AsyncRequired'],
      [await platform.update(id, { parameters: { colour: 'blue' } }), 'ConcurrencyError'],
      [await platform.provision(newId(), { maintenance_info: { version: '9.9.9' } }), 'MaintenanceInfoConflict'],
    ] as const;
    for (const [{ status, body }, word] of answers) expect([status, body.error]).toEqual([422, word]);
  });

  test('E5: what is refused changes nothing', async () => {
    const { id, binding } = await platform.bound();
    const before = [await platform.traces(), (await platform.fetch(id)).body];
    const refused = [
      platform.provision(id, { parameters: { colour: 'red' } }),
      platform.update(id, { parameters: { colour: 1 } }),
      platform.update(id, { parameters: { colour: 'black' }, context: { x: 1 } }),
      platform.update(id, { parameters: { colour: 'red' }, maintenance_info: { version: '9.9.9' } }),
      platform.deprovision(id, { service_id: 'unknown', plan_id: 'unknown', accepts_incomplete: true }),
      platform.bind(id, binding, { ...platform.sold, parameters: { role: 'read' } }),
      platform.bind(id, newId(), { ...platform.sold, parameters: { unknown: 1 } }),
      platform.unbind(id, binding, { ...platform.sold, plan_id: 'unknown' }),
    ];
    for (const request of refused) expect((await request).status).toBeOneOf([400, 409, 422]);
    expect([await platform.traces(), (await platform.fetch(id)).body]).toEqual(before);
  });

  test.each([
    ['deep', { context: JSON.parse(`${'{"a":'.repeat(70)}1${'}'.repeat(70)}`) }],
    ['not Unicode', { space_guid: '\ud800' }],
    ['of another type', { service_id: 1 }],
    ['unknown', { service_id: 'unknown' }],
    ['a list of parameters', { parameters: [] }],
  ])('E6: a wrong request is a 4xx, so that no orphan mitigation begins: %s', async (_, changes) => {
    expect((await platform.provision(newId(), changes).expect(400)).body).toEqual(error);
  });
});
