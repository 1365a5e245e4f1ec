import { describe, expect, test } from 'vitest';
import { held, newId, usePlatform } from './stub-platform.js';

const platform = usePlatform({ HOLDFAST_SYNCHRONOUS_SECONDS: '3' });
const strict = usePlatform({ HOLDFAST_DELETED_GRACE_SECONDS: '0' });

describe('OSB › Polling Last Operation for Service Instances', () => {
  test.each<Readonly<Record<string, string>>>([
    {},
    { operation: '' },
    { operation: 'unknown' },
    { operation: 'op-aaaaaaaaaaaaaaaaaaaa' },
    { operation: '%2F&?', service_id: 'unknown', plan_id: '' },
  ])('L1: service_id, plan_id and operation are hints: %j', async (query) => {
    const id = await platform.ready();
    expect((await platform.last(id, query).expect(200)).body.state).toBe('succeeded');
  });

  test('L1: on a change of plan the platform sends the old plan_id', async () => {
    const id = await platform.ready();
    const { body } = await platform.update(id, { plan_id: (await platform.soldAs('large')).plan_id }).expect(202);
    await platform.ended(id);
    const query = { ...platform.sold, operation: body.operation };
    expect((await platform.last(id, query).expect(200)).body.state).toBe('succeeded');
  });

  test('L2: the three states, with what is waited for or why it failed', async () => {
    const [id, failing] = [newId(), newId()];
    platform.hold(id);
    await platform.provision(id).expect(202);
    await expect
      .poll(async () => (await platform.last(id)).body, { timeout: 5_000 })
      .toEqual({ state: 'in progress', description: held });
    platform.release();
    expect(await platform.ended(id)).toEqual({ state: 'succeeded', description: expect.stringMatching(/./) });
    platform.fail(failing, 'no paint');
    await platform.provision(failing).expect(202);
    expect(await platform.ended(failing)).toEqual({
      state: 'failed',
      description: expect.stringContaining('no paint'),
    });
  });

  test('L3, E3: instance_usable and update_repeatable, only of updates and deprovisions that failed, from 2.16', async () => {
    const id = await platform.ready();
    platform.fail(id, 'no paint');
    await platform.update(id, { parameters: { colour: 'red' } }).expect(202);
    const failed = { state: 'failed', description: expect.stringContaining('no paint') };
    expect(await platform.ended(id)).toEqual({ ...failed, instance_usable: true, update_repeatable: true });
    expect((await platform.as({ version: '2.15' }).last(id)).body).toEqual(failed);
    await platform.deprovision(id).expect(202);
    expect(await platform.ended(id)).toEqual({ ...failed, instance_usable: false });
  });

  test('L4: Retry-After in seconds while it runs, from 2.15 on', async () => {
    const id = newId();
    platform.hold(id);
    await platform.provision(id).expect(202);
    const { headers } = await platform.as({ version: '2.15' }).last(id).expect(200);
    expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect((await platform.as({ version: '2.14' }).last(id)).headers['retry-after']).toBeUndefined();
    platform.release();
    await platform.ended(id);
    expect((await platform.last(id)).headers['retry-after']).toBeUndefined();
  });

  test('L5: an unknown instance: 404', async () => {
    await platform.last('unknown').expect(404);
  });

  test('L5, L6: a deleted one: succeeded for a grace period', async () => {
    const id = await platform.ready();
    const { body } = await platform.deprovision(id).expect(202);
    for (let times = 0; times < 3; times++) expect(await platform.ended(id)).toMatchObject({ state: 'succeeded' });
    await platform.provision(id, { space_guid: 'another' }).expect(202);
    expect((await platform.last(id, body).expect(200)).body.state).toBe('succeeded');
  });

  test('L5: a deleted one, where there is no grace period: 410 at once', async () => {
    const id = await strict.ready();
    await strict.deprovision(id).expect(202);
    await strict.ended(id);
    await strict.last(id).expect(410);
  });

  test('L7: an operation ends before the platform gives it up, with what it waited for', async () => {
    const id = newId();
    platform.hold(id);
    const began = Date.now();
    await platform.provision(id, await platform.soldAs('hasty')).expect(202);
    expect(await platform.ended(id)).toEqual({ state: 'failed', description: expect.stringContaining(held) });
    // The plan's maximum_polling_duration is 2 s; the reconciler looks every second.
    expect(Date.now() - began).toBeLessThan(4_000);
  });
});

describe('OSB › Polling Last Operation for Service Bindings', () => {
  test('L1, L2, L4: as of instances', async () => {
    const id = await platform.ready();
    platform.hold(id);
    const { body } = await platform.bind(id, `${id}-b`).expect(202);
    const running = await platform.lastOfBinding(id, `${id}-b`, { operation: 'unknown', plan_id: 'x' }).expect(200);
    expect(running.body.state).toBe('in progress');
    expect(running.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    platform.release();
    expect(await platform.ended(id, `${id}-b`)).toMatchObject({ state: 'succeeded' });
    expect((await platform.lastOfBinding(id, `${id}-b`, body).expect(200)).body.state).toBe('succeeded');
  });

  test('L3: neither instance_usable nor update_repeatable of a bind that failed', async () => {
    const id = await platform.ready();
    platform.fail(id, 'no ink');
    await platform.bind(id, `${id}-b`).expect(202);
    expect(await platform.ended(id, `${id}-b`)).toEqual({
      state: 'failed',
      description: expect.stringContaining('no ink'),
    });
  });

  test('L5: unknown: 404; deleted: succeeded for a grace period, or 410', async () => {
    await platform.lastOfBinding(await platform.ready(), 'unknown').expect(404);
    const { id, binding } = await platform.bound();
    await platform.unbind(id, binding).expect(200);
    expect((await platform.lastOfBinding(id, binding).expect(200)).body.state).toBe('succeeded');
    const forgotten = await strict.bound();
    await strict.unbind(forgotten.id, forgotten.binding).expect(200);
    await strict.lastOfBinding(forgotten.id, forgotten.binding).expect(410);
  });
});
