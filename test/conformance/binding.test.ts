import { describe, expect, test } from 'vitest';
import { newId, usePlatform } from './stub-platform.js';

const platform = usePlatform({ HOLDFAST_SYNCHRONOUS_SECONDS: '3' });
const binding = () => newId();

describe('OSB › Binding', () => {
  test.each([
    ['no service_id', { service_id: undefined }],
    ['no plan_id', { plan_id: undefined }],
    ['an empty plan_id', { plan_id: '' }],
    ['a plan that is not that of the instance', { plan_id: '00000000-0000-4000-8000-000000000014' }],
    ['unknown ids', { service_id: 'unknown', plan_id: 'unknown' }],
    ['unknown parameters', { parameters: { user: 'me' } }],
    ['a bind_resource that is no object', { bind_resource: 'app' }],
  ])('B1, B2: %s: 400', async (_, changes) => {
    await platform.bind(await platform.ready(), binding(), { ...platform.sold, ...changes }).expect(400);
  });

  test('B1: app_guid, bind_resource, context and parameters are taken', async () => {
    const [id, b] = [await platform.ready(), binding()];
    const body = {
      ...platform.sold,
      app_guid: 'deprecated',
      bind_resource: { app_guid: 'app', route: 'r' },
      context: { platform: 'cloudfoundry', space_guid: 's' },
      parameters: { role: 'read' },
    };
    await platform.bind(id, b, body).expect(201);
    const { bind_resource: bindResource, context } = body;
    expect(await platform.store.bindings.findOne({ bindingId: b })).toMatchObject({
      appGuid: 'app',
      bindResource,
      context,
    });
    expect((await platform.fetchBinding(id, b)).body.parameters).toEqual({ role: 'read' });
  });

  test('B2: done within the request: 201 with the binding; the same again: 200', async () => {
    const [id, b] = [await platform.ready(), binding()];
    const first = await platform.bind(id, b).expect(201);
    expect(first.body).toEqual({
      credentials: { uri: expect.stringMatching(/^stub:/), username: expect.any(String), password: expect.any(String) },
      endpoints: [{ host: expect.any(String), ports: ['1234'] }],
    });
    expect((await platform.bind(id, b).expect(200)).body).toEqual(first.body);
  });

  test('B2, A2, A4: takes longer: 202 with the operation alone; the same again: the same operation', async () => {
    const [id, b] = [await platform.ready(), binding()];
    platform.hold(id);
    const first = await platform.bind(id, b).expect(202);
    expect(first.body).toEqual({ operation: expect.stringMatching(/^op-[a-z2-7]{20}$/) });
    expect((await platform.bind(id, b).expect(202)).body).toEqual(first.body);
    await platform.fetchBinding(id, b).expect(404);
    platform.release();
    await platform.ended(id, b);
    await platform.fetchBinding(id, b).expect(200);
    await platform.bind(id, b).expect(200);
  });

  test('B2: other attributes: 409, in progress and finished', async () => {
    const { id, binding: b } = await platform.bound();
    const others = [{ parameters: { role: 'read' } }, { bind_resource: { app_guid: 'app' } }, { app_guid: 'app' }];
    for (const other of others) await platform.bind(id, b, { ...platform.sold, ...other }).expect(409);
    const running = binding();
    platform.hold(id);
    await platform.bind(id, running).expect(202);
    await platform.bind(id, running, { ...platform.sold, ...others[0] }).expect(409);
  });

  test('B2: the binding of another instance: 409', async () => {
    const { binding: b } = await platform.bound();
    await platform.bind(await platform.ready(), b).expect(409);
  });

  test('B2, A3: while the instance is provisioned, updated or deleted: 422 ConcurrencyError', async () => {
    const [creating, updating, deleting] = [newId(), await platform.ready(), await platform.ready()];
    for (const id of [creating, updating, deleting]) platform.hold(id);
    await platform.provision(creating).expect(202);
    await platform.update(updating, { parameters: { colour: 'red' } }).expect(202);
    await platform.deprovision(deleting).expect(202);
    for (const id of [creating, updating, deleting]) {
      expect((await platform.bind(id, binding()).expect(422)).body.error).toBe('ConcurrencyError');
    }
  });

  test('B2: of an unknown instance: 404', async () => {
    await platform.bind('unknown', binding()).expect(404);
  });

  test('B3: credentials are those of one binding', async () => {
    const { id } = await platform.bound();
    const [a, b] = [binding(), binding()];
    const [one, two] = [await platform.bind(id, a).expect(201), await platform.bind(id, b).expect(201)];
    expect(one.body.credentials.username).not.toBe(two.body.credentials.username);
    expect(one.body.credentials.password).not.toBe(two.body.credentials.password);
    await platform.unbind(id, a).expect(200);
    expect((await platform.fetchBinding(id, b).expect(200)).body.credentials).toEqual(two.body.credentials);
  });

  test('B4: endpoints, their ports as texts, from 2.15 on', async () => {
    const { id, binding: b } = await platform.bound();
    const { endpoints } = (await platform.as({ version: '2.15' }).fetchBinding(id, b)).body;
    expect(endpoints).toEqual([{ host: expect.stringMatching(/\.stub$/), ports: ['1234'] }]);
    expect((await platform.as({ version: '2.14' }).fetchBinding(id, b)).body).not.toHaveProperty('endpoints');
  });

  test('B6: nothing that a catalog would have to require', async () => {
    const { id, binding: b } = await platform.bound();
    const { body } = await platform.fetchBinding(id, b).expect(200);
    expect(Object.keys(body).sort()).toEqual(['credentials', 'endpoints', 'parameters']);
  });

  test('B9: a plan that cannot be bound: 400', async () => {
    const hasty = await platform.soldAs('hasty');
    await platform.bind(await platform.ready(hasty), binding(), hasty).expect(400);
  });

  test('B8: an unbind that failed: 500 with the reason to a platform that waits, and can be asked for again', async () => {
    const { id, binding: b } = await platform.bound();
    platform.fail(id, 'no eraser');
    const { body } = await platform.unbind(id, b, { ...platform.sold }).expect(500);
    expect(body).toEqual({ error: 'OperationFailed', description: expect.stringContaining('no eraser') });
    platform.release();
    await platform.unbind(id, b, { ...platform.sold }).expect(200);
  });

  test('E6: a bind that failed: 500 with the reason to a platform that waits, and nothing is left', async () => {
    const [id, b] = [await platform.ready(), binding()];
    platform.fail(id, 'no ink');
    const { body } = await platform.bind(id, b, platform.sold, {}).expect(500);
    expect(body).toEqual({ error: 'OperationFailed', description: expect.stringContaining('no ink') });
    platform.release();
    await expect.poll(async () => (await platform.bind(id, b)).status, { timeout: 10_000 }).toBe(201);
  });
});

describe('OSB › Asynchronous Operations: bindings within the request', () => {
  test.each([
    ['2.13', { accepts_incomplete: true }],
    ['2.13', {}],
    ['2.14', {}],
    ['2.17', {}],
  ])('A1, B2, B8: at %s with %j: 201 and 200', async (version, query) => {
    const [id, b] = [await platform.ready(), binding()];
    const older = platform.as({ version });
    const { body } = await older.bind(id, b, platform.sold, query as never).expect(201);
    expect(body.credentials.uri).toMatch(/^stub:/);
    if (version === '2.13') expect(Object.keys(body)).toEqual(['credentials']);
    await older.unbind(id, b, { ...platform.sold, ...query }).expect(200);
  });

  test('A1, D4: a bind that takes too long is undone, and answered 504 well within a minute', async () => {
    const [id, b] = [await platform.ready(), binding()];
    platform.hold(id);
    const began = Date.now();
    const { body } = await platform.as({ version: '2.13' }).bind(id, b).expect(504);
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(body).toEqual({ error: 'OperationTimedOut', description: expect.any(String) });
    platform.release();
    await expect
      .poll(async () => (await platform.lastOfBinding(id, b)).body.state, { timeout: 10_000 })
      .toBe('succeeded');
    await platform.fetchBinding(id, b).expect(404);
  });

  test('A5, E6: a bind that an unbind halts, and an unbind that gives way to a deletion, are no 5xx', async () => {
    const [id, b] = [await platform.ready(), binding()];
    const waiting = platform.as({ version: '2.13' });
    platform.hold(id);
    const bind = waiting.bind(id, b).then(({ status }) => status);
    await expect.poll(() => platform.store.bindings.countDocuments({ bindingId: b })).toBe(1);
    const unbind = waiting.unbind(id, b).then(({ status }) => status);
    const unbinding = { bindingId: b, phase: 'deleting' } as const;
    await expect.poll(() => platform.store.bindings.countDocuments(unbinding)).toBe(1);
    await platform.deprovision(id).expect(202);
    expect(await bind).toBeLessThan(500);
    expect(await unbind).toBeLessThan(500);
  });

  test('B8: an unbind that takes too long is answered 504, and goes on', async () => {
    const { id, binding: b } = await platform.bound();
    platform.hold(id);
    await platform.unbind(id, b, { ...platform.sold }).expect(504);
    platform.release();
    await platform.ended(id, b);
    await platform.unbind(id, b, { ...platform.sold }).expect(410);
  });
});

describe('OSB › Fetching a Service Binding', () => {
  test('F3, F4: at once when it is there, as often as asked, with its parameters', async () => {
    const { id, binding: b } = await platform.bound(undefined, { role: 'read' });
    const first = await platform.fetchBinding(id, b).expect(200);
    expect(first.body).toEqual({
      credentials: expect.any(Object),
      endpoints: expect.any(Array),
      parameters: { role: 'read' },
    });
    expect((await platform.fetchBinding(id, b).expect(200)).body).toEqual(first.body);
  });

  test('F4: unknown, of another instance, or still being made: 404', async () => {
    const { id, binding: b } = await platform.bound();
    await platform.fetchBinding(id, 'unknown').expect(404);
    await platform.fetchBinding(await platform.ready(), b).expect(404);
    const running = binding();
    platform.hold(id);
    await platform.bind(id, running).expect(202);
    await platform.fetchBinding(id, running).expect(404);
  });

  test('F5: the binding is told in the answer and to each GET', async () => {
    const [id, b] = [await platform.ready(), binding()];
    const { body } = await platform.bind(id, b).expect(201);
    expect((await platform.fetchBinding(id, b)).body).toEqual({ ...body, parameters: {} });
  });
});
