import { beforeAll, describe, expect, test } from 'vitest';
import type { Sold } from '../support/broker-driver.js';
import { newId, usePlatform } from './stub-platform.js';

const platform = usePlatform();
let large: Sold;
beforeAll(async () => {
  large = await platform.soldAs('large');
});
const parametersOf = async (id: string) => (await platform.fetch(id).expect(200)).body.parameters;
const contextOf = async (id: string) => (await platform.store.instances.findOne({ instanceId: id }))?.context;

describe('OSB › Updating a Service Instance', () => {
  test('U1: what is absent stays; previous_values are information only', async () => {
    const id = await platform.ready({ parameters: { colour: 'red' }, context: { name: 'orders' } });
    await platform.update(id, { plan_id: large.plan_id, previous_values: { plan_id: 'unknown' } }).expect(202);
    await platform.ended(id);
    const { body } = await platform.fetch(id).expect(200);
    expect(body).toMatchObject({ ...large, parameters: { colour: 'red' }, maintenance_info: { version: '2.0.0' } });
    expect(await contextOf(id)).toEqual({ name: 'orders' });
    await platform.update(id, { parameters: { colour: 'blue' } }).expect(202);
    await platform.ended(id);
    expect((await platform.fetch(id)).body).toMatchObject({ ...large, parameters: { colour: 'blue' } });
  });

  test.each([
    ['no service_id', { service_id: undefined, parameters: {} }],
    ['another service_id', { service_id: 'unknown', parameters: {} }],
    ['an unknown plan_id', { plan_id: 'unknown' }],
    ['a number for a plan_id', { plan_id: 1 }],
    ['unknown parameters', { parameters: { color: 'red' } }],
    ['a maintenance_info that is no object', { maintenance_info: '1.0.0' }],
  ])('U1, U5: %s: 400', async (_, body) => {
    await platform.update(await platform.ready(), body).expect(400);
  });

  test('U2: another plan, where the plan allows it; otherwise 422 with the reason', async () => {
    const id = await platform.ready();
    await platform.update(id, { plan_id: large.plan_id }).expect(202);
    await platform.ended(id);
    const fixed = await platform.update(id, { plan_id: platform.sold.plan_id }).expect(422);
    expect(fixed.body.description).toContain('plan large cannot change to another plan');
  });

  test('U2, U5: what the service cannot carry out is refused with what is possible, never accepted', async () => {
    const id = await platform.ready();
    const before = await platform.traces();
    const { body } = await platform.update(id, { parameters: { colour: 'black' } }).expect(422);
    expect(body).toEqual({ error: 'Unprocessable', description: 'black is not to be had: any other colour is' });
    expect(await platform.traces()).toEqual(before);
  });

  test('U3: a context alone is written down within the request, and needs no accepts_incomplete', async () => {
    const id = await platform.ready({ context: { name: 'orders' } });
    expect((await platform.update(id, { context: { name: 'orders-2' } }, {}).expect(200)).body).toEqual({});
    expect(await contextOf(id)).toEqual({ name: 'orders-2' });
  });

  test('U3: also with the plan that it has, as Cloud Foundry sends it', async () => {
    const id = await platform.ready();
    const { plan_id } = platform.sold;
    await platform.update(id, { plan_id, context: { name: 'a' }, previous_values: { plan_id } }, {}).expect(200);
    await platform.update(id, { plan_id, context: { name: 'b' } }).expect(200);
    expect(await contextOf(id)).toEqual({ name: 'b' });
  });

  test('U4: the maintenance that the catalog has now; another one: 422 MaintenanceInfoConflict', async () => {
    const id = await platform.ready();
    const older = { $set: { 'plan.maintenanceInfoVersion': '0.9.0' } };
    await platform.store.instances.updateOne({ instanceId: id }, older);
    const conflict = await platform.update(id, { maintenance_info: { version: '1.1.0' } }).expect(422);
    expect(conflict.body.error).toBe('MaintenanceInfoConflict');
    expect((await platform.fetch(id)).body.maintenance_info).toEqual({ version: '0.9.0' });
    const { status } = await platform.update(id, { maintenance_info: { version: '1.0.0' } });
    expect(status).toBeOneOf([200, 202]);
    await platform.ended(id);
    expect((await platform.fetch(id)).body.maintenance_info).toEqual({ version: '1.0.0' });
    await platform.update(id, { maintenance_info: { version: '1.0.0' } }).expect(200);
  });

  test('U4: plan and parameters do not bring maintenance that nobody asked for', async () => {
    const id = await platform.ready();
    const older = { $set: { 'plan.maintenanceInfoVersion': '0.9.0' } };
    await platform.store.instances.updateOne({ instanceId: id }, older);
    await platform.update(id, { parameters: { colour: 'red' } }).expect(202);
    await platform.ended(id);
    expect((await platform.fetch(id)).body.maintenance_info).toEqual({ version: '0.9.0' });
  });

  test('U5, A2, A4: 202 with the same operation while it runs, then 200', async () => {
    const id = await platform.ready();
    platform.hold(id);
    const first = await platform.update(id, { parameters: { colour: 'red' } }).expect(202);
    expect(first.body).toEqual({ operation: expect.stringMatching(/^op-/) });
    expect((await platform.update(id, { parameters: { colour: 'red' } }).expect(202)).body).toEqual(first.body);
    platform.release();
    await platform.ended(id);
    expect((await platform.update(id, { parameters: { colour: 'red' } }).expect(200)).body).toEqual({});
    expect(await parametersOf(id)).toEqual({ colour: 'red' });
  });

  test('U5, A1: without accepts_incomplete: 422 AsyncRequired, before the instance is looked for', async () => {
    const changes = [{ parameters: {} }, { plan_id: large.plan_id }, { maintenance_info: { version: '1.0.0' } }];
    for (const body of changes) {
      expect((await platform.update('unknown', body, {}).expect(422)).body.error).toBe('AsyncRequired');
    }
  });

  test('U5: an unknown instance: 404', async () => {
    await platform.update('unknown', { parameters: {} }).expect(404);
    await platform.update('unknown', { context: {} }, {}).expect(404);
  });

  test('U5, A3: while another operation runs: 422 ConcurrencyError', async () => {
    const [creating, updating] = [newId(), await platform.ready()];
    platform.hold(creating);
    await platform.provision(creating).expect(202);
    platform.hold(updating);
    await platform.update(updating, { parameters: { colour: 'red' } }).expect(202);
    for (const id of [creating, updating]) {
      const { body } = await platform.update(id, { parameters: { colour: 'blue' } }).expect(422);
      expect(body.error).toBe('ConcurrencyError');
    }
  });

  test('U6: there is no dashboard_url in the answer', async () => {
    const id = await platform.ready();
    const { body } = await platform.update(id, { parameters: { colour: 'red' } }).expect(202);
    expect(Object.keys(body)).toEqual(['operation']);
  });

  test('U7, E5: an update that failed has changed nothing, and can be followed by another', async () => {
    const id = await platform.ready({ parameters: { colour: 'red' } });
    platform.fail(id, 'no paint');
    await platform.update(id, { parameters: { colour: 'blue' } }).expect(202);
    expect(await platform.ended(id)).toMatchObject({ state: 'failed' });
    expect(await parametersOf(id)).toEqual({ colour: 'red' });
    platform.release();
    await platform.update(id, { parameters: { colour: 'blue' } }).expect(202);
    expect(await platform.ended(id)).toMatchObject({ state: 'succeeded' });
    expect(await parametersOf(id)).toEqual({ colour: 'blue' });
  });

  test('U3: maintenance_info is unknown before 2.15, and ignored', async () => {
    const id = await platform.ready();
    const older = platform.as({ version: '2.14' });
    await older.update(id, { maintenance_info: { version: '9.9.9' }, context: { a: 1 } }, {}).expect(200);
  });
});
