import supertest, { type Test } from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { done, wait } from '../../src/operations/step.js';
import { instancePath, type Sold } from '../support/broker-driver.js';
import { StubBroker } from '../support/stub-broker.js';

/*
 * What platforms see of instances and bindings, over real HTTP, with the real store and the real queue behind it. Only
 * the service is a double, which is done at once or when the test says so.
 */

let stub: StubBroker;
let sold: Sold;
let hold: boolean;
beforeEach(async () => {
  stub = await StubBroker.start();
  sold = await stub.driver.sold('stub', 'small');
  hold = false;
  stub.service.behaviour = async () => (hold ? wait('held by the test') : done);
});
afterEach(() => stub.end());

const asPlatform = (test: Test, user = 'platform') => test.auth(user, 'secret').set('X-Broker-API-Version', '2.17');
const put = (path: string, body: object, query: object = { accepts_incomplete: true }) =>
  asPlatform(supertest(stub.url).put(path)).query(query).send(body);
const get = (path: string, user?: string) => asPlatform(supertest(stub.url).get(path), user);
const remove = (path: string, query: object) =>
  asPlatform(supertest(stub.url).delete(path)).query({ accepts_incomplete: true, ...query });

const request = (changes: object = {}) => ({ ...sold, organization_guid: 'o', space_guid: 's', ...changes });
const instance = instancePath('i');
const binding = `${instance}/service_bindings/b`;
const ready = async () => {
  await put(instance, request()).expect(202);
  await stub.driver.poll('i', { seconds: 10 });
};
const bound = async () => {
  await ready();
  await put(binding, sold).expect(202);
  await stub.driver.poll('i', { bindingId: 'b', seconds: 10 });
};

describe('Provisioning', () => {
  it('is accepted with 202 and an operation; then the instance can be fetched', async () => {
    const { body } = await put(instance, request({ parameters: { colour: 'red' } })).expect(202);
    expect(body).toEqual({ operation: expect.stringMatching(/^op-[a-z2-7]{20}$/) });
    expect(await stub.driver.poll('i', { seconds: 10 })).toMatchObject({ state: 'succeeded' });
    const fetched = await get(instance).expect(200);
    expect(fetched.body).toMatchObject({
      ...sold,
      parameters: { colour: 'red' },
      maintenance_info: { version: '1.0.0' },
    });
  });

  it('answers the same request with the same operation while it runs, and with 200 when it is done', async () => {
    hold = true;
    const first = await put(instance, request()).expect(202);
    const second = await put(instance, request()).expect(202);
    expect(second.body).toEqual(first.body);
    hold = false;
    await stub.driver.poll('i', { seconds: 10 });
    await put(instance, request()).expect(200);
  });

  it.each([
    ['in progress', true],
    ['finished', false],
  ])('answers another request for the same id with 409: %s', async (_name, held) => {
    hold = held;
    await put(instance, request()).expect(202);
    if (!held) await stub.driver.poll('i', { seconds: 10 });
    const { body } = await put(instance, request({ parameters: { colour: 'red' } })).expect(409);
    expect(body).toEqual({ error: 'Conflict', description: expect.stringContaining('parameters') });
    await put(instance, request({ space_guid: 'another' })).expect(409);
  });

  it.each([
    ['an unknown plan', { plan_id: 'unknown' }],
    ['an unknown service', { service_id: 'unknown' }],
    ['no organization', { organization_guid: undefined }],
    ['an empty space', { space_guid: '' }],
    ['unknown parameters', { parameters: { color: 'red' } }],
    ['parameters of the wrong type', { parameters: { colour: 1 } }],
  ])('refuses %s with 400, and keeps nothing of it', async (_name, changes) => {
    const { body } = await put(instance, request(changes)).expect(400);
    expect(body).toEqual({ error: expect.any(String), description: expect.any(String) });
    expect(await stub.broker.store.instances.countDocuments()).toBe(0);
    expect(await stub.broker.store.operations.countDocuments()).toBe(0);
    expect(await stub.broker.store.auditEvents.countDocuments()).toBe(0);
    expect(await stub.jobs()).toBe(0);
  });

  it('refuses malformed JSON with 400, and keeps nothing of it', async () => {
    const sent = put(instance, {})
      .set('Content-Type', 'application/json')
      .serialize(() => '{"service_id": ');
    const { body } = await sent.expect(400);
    expect(body).toEqual({ error: 'MalformedRequest', description: expect.any(String) });
    expect(await stub.broker.store.instances.countDocuments()).toBe(0);
  });

  it('without accepts_incomplete is refused with 422 AsyncRequired', async () => {
    const { body } = await put(instance, request(), {}).expect(422);
    expect(body.error).toBe('AsyncRequired');
  });

  it('of another maintenance_info is refused with 422 MaintenanceInfoConflict', async () => {
    const { body } = await put(instance, request({ maintenance_info: { version: '2.0.0' } })).expect(422);
    expect(body.error).toBe('MaintenanceInfoConflict');
  });

  it('of one id from 50 clients at once makes one instance', async () => {
    hold = true;
    const answers = await Promise.all(Array.from({ length: 50 }, () => put(instance, request())));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => body.operation)).size).toBe(1);
    expect(await stub.broker.store.instances.countDocuments()).toBe(1);
    expect(await stub.broker.store.operations.countDocuments()).toBe(1);
  });

  it.each(['a', 'x'.repeat(200), 'with space/and slash', 'ünïcödé-数据库', '%41', 'a?b#c&d=e', 'quote\'"\\'])(
    'works with the id %j',
    async (id) => {
      await put(instancePath(id), request()).expect(202);
      expect(await stub.driver.poll(id, { seconds: 10 })).toMatchObject({ state: 'succeeded' });
      await get(instancePath(id)).expect(200);
      await remove(instancePath(id), sold).expect(202);
      expect(await stub.driver.poll(id, { seconds: 10 })).toMatchObject({ state: 'succeeded' });
    },
  );

  it('keeps the instances of platforms apart', async () => {
    await ready();
    await get(instance, 'other').expect(404);
    await asPlatform(supertest(stub.url).put(instance), 'other')
      .query({ accepts_incomplete: true })
      .send(request({ space_guid: 'another' }))
      .expect(202);
  });
});

describe('Fetching a Service Instance', () => {
  it('answers 404 for an unknown one, and while it is provisioned', async () => {
    await get(instance).expect(404);
    hold = true;
    await put(instance, request()).expect(202);
    await get(instance).expect(404);
  });
});

describe('Polling Last Operation for Service Instances', () => {
  it('tells what is waited for, and when to ask again', async () => {
    hold = true;
    await put(instance, request()).expect(202);
    await expect
      .poll(async () => (await get(`${instance}/last_operation`)).body, { timeout: 5_000 })
      .toEqual({ state: 'in progress', description: 'held by the test' });
    const { headers } = await get(`${instance}/last_operation`).expect(200);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });

  it.each(['', 'unknown', 'op-aaaaaaaaaaaaaaaaaaaa'])('takes the operation %j for a hint', async (operation) => {
    await ready();
    const { body } = await get(`${instance}/last_operation`).query({ operation }).expect(200);
    expect(body.state).toBe('succeeded');
  });

  it('answers 404 for an unknown instance', async () => {
    await get(`${instance}/last_operation`).expect(404);
  });
});

describe('Deprovisioning', () => {
  it('ends with last_operation succeeded, then the instance is gone', async () => {
    await ready();
    const { body } = await remove(instance, sold).expect(202);
    expect(body.operation).toMatch(/^op-/);
    expect(await stub.driver.poll('i', { seconds: 10 })).toMatchObject({ state: 'succeeded' });
    await get(instance).expect(404);
    await remove(instance, sold).expect(410);
  });

  it('asked for again while it runs is the same operation', async () => {
    await ready();
    hold = true;
    const first = await remove(instance, sold).expect(202);
    const second = await remove(instance, sold).expect(202);
    expect(second.body).toEqual(first.body);
  });

  it('during a provision halts it', async () => {
    hold = true;
    const provision = await put(instance, request()).expect(202);
    const { body } = await remove(instance, sold).expect(202);
    expect(body.operation).not.toBe(provision.body.operation);
    hold = false;
    const poll = () => get(`${instance}/last_operation`).query({ operation: provision.body.operation });
    await expect.poll(async () => (await poll()).body.state, { timeout: 10_000 }).toBe('succeeded');
    expect(stub.service.ran.map(({ verb }) => verb)).not.toContain('bind');
    expect(stub.service.ran.at(-1)).toMatchObject({ verb: 'deprovision', key: 'clear' });
    await get(instance).expect(404);
  });

  it('deletes the bindings with the instance', async () => {
    await bound();
    await remove(instance, sold).expect(202);
    await stub.driver.poll('i', { seconds: 10 });
    await get(binding).expect(404);
    await remove(binding, sold).expect(410);
    const kept = await stub.broker.store.bindings.find().toArray();
    expect(kept).toMatchObject([{ living: false, phase: 'deleted' }]);
    expect(kept[0]).not.toHaveProperty('secrets');
  });

  it('leaves the id free, and an old operation is still told of', async () => {
    await ready();
    const { body: deleted } = await remove(instance, sold).expect(202);
    await stub.driver.poll('i', { seconds: 10 });
    hold = true;
    await put(instance, request({ space_guid: 'another' })).expect(202);
    const { body } = await get(`${instance}/last_operation`).query({ operation: deleted.operation }).expect(200);
    expect(body.state).toBe('succeeded');
  });

  it('of an unknown instance answers 410, of wrong ids 400', async () => {
    await remove(instance, sold).expect(410);
    await ready();
    await remove(instance, { ...sold, plan_id: 'another' }).expect(400);
    await remove(instance, {}).expect(400);
  });
});

describe('Binding', () => {
  it('is accepted with 202 and no credentials; then they can be fetched', async () => {
    await ready();
    const { body } = await put(binding, { ...sold, parameters: { role: 'read' } }).expect(202);
    expect(Object.keys(body)).toEqual(['operation']);
    await stub.driver.poll('i', { bindingId: 'b', seconds: 10 });
    const fetched = await get(binding).expect(200);
    expect(fetched.body).toMatchObject({
      credentials: { uri: expect.stringMatching(/^stub:/), password: expect.any(String) },
      parameters: { role: 'read' },
      endpoints: [{ ports: ['1234'] }],
    });
    const again = await put(binding, { ...sold, parameters: { role: 'read' } }).expect(200);
    expect(again.body.credentials).toEqual(fetched.body.credentials);
  });

  it('answers another request for the same id with 409, for the same instance and for another', async () => {
    await bound();
    await put(binding, { ...sold, parameters: { role: 'read' } }).expect(409);
    await put(instancePath('second'), request()).expect(202);
    await stub.driver.poll('second', { seconds: 10 });
    await put(`${instancePath('second')}/service_bindings/b`, sold).expect(409);
  });

  it('while the instance is provisioned, or deleted, answers 422 ConcurrencyError', async () => {
    hold = true;
    await put(instance, request()).expect(202);
    expect((await put(binding, sold).expect(422)).body.error).toBe('ConcurrencyError');
    await remove(instance, sold).expect(202);
    expect((await put(binding, sold).expect(422)).body.error).toBe('ConcurrencyError');
  });

  it('of an unknown instance answers 404; of a plan that cannot be bound 400', async () => {
    await put(binding, sold).expect(404);
    const hasty = await stub.driver.sold('stub', 'hasty');
    await put(instance, request(hasty)).expect(202);
    await stub.driver.poll('i', { seconds: 10 });
    await put(binding, hasty).expect(400);
  });
});

describe('Unbinding', () => {
  it('removes the binding; a second one answers 410', async () => {
    await bound();
    await remove(binding, sold).expect(202);
    expect(await stub.driver.poll('i', { bindingId: 'b', seconds: 10 })).toMatchObject({ state: 'succeeded' });
    await get(binding).expect(404);
    await remove(binding, sold).expect(410);
  });

  it('during a bind halts it', async () => {
    await ready();
    hold = true;
    await put(binding, sold).expect(202);
    await remove(binding, sold).expect(202);
    hold = false;
    expect(await stub.driver.poll('i', { bindingId: 'b', seconds: 15 })).toMatchObject({ state: 'succeeded' });
    await get(binding).expect(404);
  });

  it('of an unknown binding answers 410 before it looks at the ids; of wrong ids 400', async () => {
    await ready();
    await remove(binding, {}).expect(410);
    await put(binding, sold).expect(202);
    await stub.driver.poll('i', { bindingId: 'b', seconds: 10 });
    await remove(binding, {}).expect(400);
    await remove(binding, { ...sold, plan_id: 'another' }).expect(400);
  });
});

describe('the grace period after a DELETE', () => {
  it('of nothing answers 410 at once', async () => {
    const strict = await StubBroker.start({ HOLDFAST_DELETED_GRACE_SECONDS: '0' }, stub);
    await ready();
    await remove(instance, sold).expect(202);
    await stub.driver.poll('i', { seconds: 10 });
    await asPlatform(supertest(strict.url).get(`${instance}/last_operation`)).expect(410);
    await strict.stop();
  });
});
