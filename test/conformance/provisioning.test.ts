import { describe, expect, test } from 'vitest';
import { newId, usePlatform } from './stub-platform.js';

const platform = usePlatform();

describe('OSB › Provisioning', () => {
  test.each([
    ['no service_id', { service_id: undefined }],
    ['no plan_id', { plan_id: undefined }],
    ['no organization_guid', { organization_guid: undefined }],
    ['an empty space_guid', { space_guid: '' }],
    ['a number for a plan_id', { plan_id: 1 }],
    ['an unknown plan', { plan_id: 'unknown' }],
    ['an unknown service', { service_id: 'unknown' }],
    ['unknown parameters', { parameters: { color: 'red' } }],
    ['parameters of the wrong type', { parameters: { colour: 1 } }],
    ['a context that is no object', { context: 'cloudfoundry' }],
  ])('P1, P2: %s: 400, and nothing is kept', async (_, changes) => {
    const before = await platform.traces();
    const { body } = await platform.provision(newId(), changes).expect(400);
    expect(body).toEqual({ error: expect.any(String), description: expect.any(String) });
    expect(await platform.traces()).toEqual(before);
  });

  test('P2: context, parameters and maintenance_info are taken', async () => {
    const id = newId();
    const context = { platform: 'cloudfoundry', instance_name: 'orders', $dollar: { 'a.b': 1 } };
    const changes = { context, parameters: { colour: 'red' }, maintenance_info: { version: '1.0.0' } };
    await platform.provision(id, changes).expect(202);
    await platform.ended(id);
    expect(await platform.store.instances.findOne({ instanceId: id })).toMatchObject({ context });
    const { body } = await platform.fetch(id).expect(200);
    expect(body).toMatchObject({ parameters: { colour: 'red' }, maintenance_info: { version: '1.0.0' } });
  });

  test('P3, A2, A4, A7: 202 with the same operation while it runs, 200 when it is done', async () => {
    const id = newId();
    platform.hold(id);
    const first = await platform.provision(id, { parameters: { colour: 'red' } }).expect(202);
    expect(first.body).toEqual({ operation: expect.stringMatching(/^op-[a-z2-7]{20}$/) });
    const again = await platform.provision(id, { parameters: { colour: 'red' } }).expect(202);
    expect(again.body).toEqual(first.body);
    platform.release();
    await platform.ended(id);
    const { body } = await platform.provision(id, { parameters: { colour: 'red' } }).expect(200);
    expect(body).toEqual({});
  });

  test.each([
    ['in progress', true],
    ['finished', false],
  ])('P3: another request for the same id: 409, %s', async (_, isHeld) => {
    const id = newId();
    if (isHeld) platform.hold(id);
    await platform.provision(id).expect(202);
    if (!isHeld) await platform.ended(id);
    const large = await platform.soldAs('large');
    for (const changes of [
      { parameters: { colour: 'red' } },
      { space_guid: 'another' },
      { organization_guid: 'another' },
      large,
    ]) {
      expect((await platform.provision(id, changes).expect(409)).body.error).toBe('Conflict');
    }
  });

  test('P3: of one id from 50 clients at once makes one instance', async () => {
    const id = newId();
    platform.hold(id);
    const answers = await Promise.all(Array.from({ length: 50 }, () => platform.provision(id)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => body.operation)).size).toBe(1);
    expect(await platform.store.instances.countDocuments({ instanceId: id })).toBe(1);
  });

  test('P3: of an instance that has failed: 409, until it is deleted', async () => {
    const id = newId();
    platform.fail(id, 'no paint');
    await platform.provision(id).expect(202);
    expect(await platform.ended(id)).toMatchObject({
      state: 'failed',
      description: expect.stringContaining('no paint'),
    });
    await platform.provision(id).expect(409);
  });

  test('P3, A1: without accepts_incomplete=true: 422 AsyncRequired', async () => {
    for (const query of [{}, { accepts_incomplete: false }, { accepts_incomplete: '1' }]) {
      const { body } = await platform.provision(newId(), {}, query as never).expect(422);
      expect(body.error).toBe('AsyncRequired');
    }
  });

  test.each([
    ['another version', 'small', '2.0.0'],
    ['of a plan that has none', 'brief', '1.0.0'],
  ])('P4: maintenance_info, %s: 422 MaintenanceInfoConflict', async (_, plan, version) => {
    const changes = { ...(await platform.soldAs(plan)), maintenance_info: { version } };
    const { body } = await platform.provision(newId(), changes).expect(422);
    expect(body.error).toBe('MaintenanceInfoConflict');
  });

  test('P4: maintenance_info is unknown before 2.15, and ignored', async () => {
    const changes = { maintenance_info: { version: '9.9.9' } };
    await platform.as({ version: '2.14' }).provision(newId(), changes).expect(202);
    await platform.as({ version: '2.15' }).provision(newId(), changes).expect(422);
  });

  test('P5, P6: there is no dashboard_url, nor anything else, in the answer', async () => {
    const id = newId();
    expect(Object.keys((await platform.provision(id).expect(202)).body)).toEqual(['operation']);
    await platform.ended(id);
    expect((await platform.provision(id).expect(200)).body).toEqual({});
  });

  test('P7: an id is free again when its instance is deleted', async () => {
    const id = await platform.ready();
    await platform.deprovision(id).expect(202);
    await platform.ended(id);
    await platform.provision(id, { space_guid: 'another' }).expect(202);
    expect(await platform.ended(id)).toMatchObject({ state: 'succeeded' });
    expect(await platform.store.instances.countDocuments({ instanceId: id })).toBe(2);
  });
});

describe('OSB › Fetching a Service Instance', () => {
  test('F1, F2: at once when it is there, with its parameters, maintenance_info and metadata', async () => {
    const id = await platform.ready({ parameters: { colour: 'red' } });
    expect((await platform.fetch(id).expect(200)).body).toEqual({
      ...platform.sold,
      parameters: { colour: 'red' },
      maintenance_info: { version: '1.0.0' },
      metadata: { labels: { kind: 'stub' }, attributes: { size: '1' } },
    });
  });

  test('F1: of every plan', async () => {
    for (const plan of ['small', 'large', 'hasty', 'brief']) {
      const sold = await platform.soldAs(plan);
      expect((await platform.fetch(await platform.ready(sold)).expect(200)).body).toMatchObject(sold);
    }
  });

  test.each([
    ['2.15', undefined, undefined],
    ['2.16', { labels: { kind: 'stub' } }, undefined],
    ['2.17', { labels: { kind: 'stub' }, attributes: { size: '1' } }, { version: '1.0.0' }],
  ])('P6, F2: metadata and maintenance_info at %s', async (version, metadata, maintenance) => {
    const { body } = await platform
      .as({ version })
      .fetch(await platform.ready())
      .expect(200);
    expect([body.metadata, body.maintenance_info]).toEqual([metadata, maintenance]);
  });

  test('F2: unknown, or still being provisioned: 404', async () => {
    await platform.fetch('unknown').expect(404);
    const id = newId();
    platform.hold(id);
    await platform.provision(id).expect(202);
    await platform.fetch(id).expect(404);
  });

  test('F2: while it is updated: 422 ConcurrencyError', async () => {
    const id = await platform.ready();
    platform.hold(id);
    await platform.update(id, { parameters: { colour: 'red' } }).expect(202);
    expect((await platform.fetch(id).expect(422)).body.error).toBe('ConcurrencyError');
    platform.release();
    await platform.ended(id);
    expect((await platform.fetch(id).expect(200)).body.parameters).toEqual({ colour: 'red' });
  });
});
