import { describe, expect, test } from 'vitest';
import { newId, usePlatform } from './stub-platform.js';

const platform = usePlatform({ HOLDFAST_SYNCHRONOUS_SECONDS: '3' });

describe('OSB › Unbinding', () => {
  test('B8: done within the request: 200, and nothing of it is left; again: 410', async () => {
    const { id, binding } = await platform.bound();
    expect((await platform.unbind(id, binding).expect(200)).body).toEqual({});
    await platform.fetchBinding(id, binding).expect(404);
    await platform.unbind(id, binding).expect(410);
    const stored = await platform.store.bindings.findOne({ bindingId: binding });
    expect(stored).toMatchObject({ phase: 'deleted', living: false });
    expect(stored).not.toHaveProperty('secrets');
    expect(stored).not.toHaveProperty('parameters');
  });

  test('B8, A4: takes longer: 202, and the same operation for the same request again', async () => {
    const { id, binding } = await platform.bound();
    platform.hold(id);
    const first = await platform.unbind(id, binding).expect(202);
    expect(first.body).toEqual({ operation: expect.stringMatching(/^op-/) });
    expect((await platform.unbind(id, binding).expect(202)).body).toEqual(first.body);
    platform.release();
    expect(await platform.ended(id, binding)).toMatchObject({ state: 'succeeded' });
    await platform.unbind(id, binding).expect(410);
  });

  test('B8: unknown: 410, before the ids are looked at', async () => {
    const id = await platform.ready();
    await platform.unbind(id, 'unknown', {}).expect(410);
    await platform.unbind('unknown', 'unknown', {}).expect(410);
    const { binding } = await platform.bound();
    await platform.unbind(id, binding).expect(410);
  });

  test.each([
    ['no ids', { service_id: '', plan_id: '' }],
    ['another plan_id', { plan_id: 'another' }],
    ['another service_id', { service_id: 'another' }],
  ])('B8: %s: 400', async (_, changes) => {
    const { id, binding } = await platform.bound();
    await platform.unbind(id, binding, { ...platform.sold, ...changes }).expect(400);
  });

  test('B8, A5: during a bind: halts it', async () => {
    const [id, binding] = [await platform.ready(), newId()];
    platform.hold(id);
    const bind = await platform.bind(id, binding).expect(202);
    const unbind = await platform.unbind(id, binding).expect(202);
    expect(unbind.body.operation).not.toBe(bind.body.operation);
    platform.release();
    await expect
      .poll(async () => (await platform.lastOfBinding(id, binding, bind.body)).body.state, { timeout: 10_000 })
      .toBe('succeeded');
    await platform.fetchBinding(id, binding).expect(404);
    expect(platform.stub.service.ran.filter(({ instanceId }) => instanceId === id).at(-1)?.verb).toBe('unbind');
  });

  test('B8, A6: while the instance is deleted: 422 ConcurrencyError', async () => {
    const { id, binding } = await platform.bound();
    platform.hold(id);
    await platform.deprovision(id).expect(202);
    expect((await platform.unbind(id, binding).expect(422)).body.error).toBe('ConcurrencyError');
  });

  test('B8, D2: of a bind that failed, and after an unbind that failed', async () => {
    const [id, binding] = [await platform.ready(), newId()];
    platform.fail(id, 'no ink');
    await platform.bind(id, binding).expect(202);
    expect(await platform.ended(id, binding)).toMatchObject({ state: 'failed' });
    await platform.unbind(id, binding).expect(202);
    expect(await platform.ended(id, binding)).toMatchObject({ state: 'failed' });
    platform.release();
    await platform.unbind(id, binding).expect(200);
    await platform.unbind(id, binding).expect(410);
  });

  test('B8: its id is free again', async () => {
    const { id, binding } = await platform.bound();
    await platform.unbind(id, binding).expect(200);
    await platform.bind(id, binding, { ...platform.sold, parameters: { role: 'read' } }).expect(201);
  });
});
