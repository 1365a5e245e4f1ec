import { describe, expect, test } from 'vitest';
import { newId, usePlatform } from './stub-platform.js';

const platform = usePlatform();
const lastStep = (id: string) => platform.stub.service.ran.filter(({ instanceId }) => instanceId === id).at(-1);

describe('OSB › Deprovisioning', () => {
  test('D1: 202, then last_operation succeeded, then the instance is gone: 410', async () => {
    const id = await platform.ready();
    const { body } = await platform.deprovision(id).expect(202);
    expect(body).toEqual({ operation: expect.stringMatching(/^op-/) });
    expect(await platform.ended(id)).toMatchObject({ state: 'succeeded' });
    await platform.fetch(id).expect(404);
    await platform.deprovision(id).expect(410);
    const stored = await platform.store.instances.findOne({ instanceId: id });
    expect(stored).not.toHaveProperty('secrets');
    expect(stored).not.toHaveProperty('parameters');
  });

  test('D1, A4: asked for again while it runs: the same operation', async () => {
    const id = await platform.ready();
    platform.hold(id);
    const first = await platform.deprovision(id).expect(202);
    for (let times = 0; times < 3; times++) {
      expect((await platform.deprovision(id).expect(202)).body).toEqual(first.body);
    }
    expect(await platform.store.operations.countDocuments({ kind: 'deprovision', _id: first.body.operation })).toBe(1);
  });

  test.each([
    ['no ids', {}],
    ['no plan_id', { service_id: '00000000-0000-4000-8000-000000000001' }],
    ['an empty service_id', { service_id: '', plan_id: 'x' }],
    ['ids of nothing', { service_id: 'unknown', plan_id: 'unknown' }],
  ])('D1: %s: 400', async (_, query) => {
    await platform.deprovision(await platform.ready(), { accepts_incomplete: true, ...query }).expect(400);
  });

  test('D1: unknown: 410', async () => {
    await platform.deprovision('unknown').expect(410);
  });

  test('D1, A1: without accepts_incomplete: 422 AsyncRequired, before existence is looked at', async () => {
    for (const id of ['unknown', await platform.ready()]) {
      const { body } = await platform.deprovision(id, { ...platform.sold }).expect(422);
      expect(body.error).toBe('AsyncRequired');
    }
  });

  test('D1: live bindings are deleted with it', async () => {
    const { id, binding } = await platform.bound();
    await platform.deprovision(id).expect(202);
    await platform.ended(id);
    await platform.fetchBinding(id, binding).expect(404);
    await platform.unbind(id, binding).expect(410);
    const stored = await platform.store.bindings.findOne({ bindingId: binding });
    expect(stored).toMatchObject({ living: false, phase: 'deleted' });
    expect(stored).not.toHaveProperty('secrets');
  });

  test('D1, A5: during a provision: halts it, and last_operation tells of the deletion', async () => {
    const id = newId();
    platform.hold(id);
    const provision = await platform.provision(id).expect(202);
    const { body } = await platform.deprovision(id).expect(202);
    expect(body.operation).not.toBe(provision.body.operation);
    platform.release();
    await expect
      .poll(async () => (await platform.last(id, provision.body)).body.state, { timeout: 10_000 })
      .toBe('succeeded');
    expect(lastStep(id)).toMatchObject({ verb: 'deprovision' });
    await platform.fetch(id).expect(404);
  });

  test('D1, A6: during an update: 422 ConcurrencyError; after it: 202', async () => {
    const id = await platform.ready();
    platform.hold(id);
    await platform.update(id, { parameters: { colour: 'red' } }).expect(202);
    expect((await platform.deprovision(id).expect(422)).body.error).toBe('ConcurrencyError');
    platform.release();
    await platform.ended(id);
    await platform.deprovision(id).expect(202);
  });

  test('D1: during a bind: ends it with the instance', async () => {
    const [id, binding] = [await platform.ready(), newId()];
    platform.hold(id);
    const bind = platform.bind(id, binding).then(({ status }) => status);
    await expect.poll(() => platform.store.bindings.countDocuments({ bindingId: binding })).toBe(1);
    await platform.deprovision(id).expect(202);
    platform.release();
    await platform.ended(id);
    expect(await bind).toBeLessThan(500);
    await platform.fetchBinding(id, binding).expect(404);
  });
});

describe('OSB › Orphan Mitigation', () => {
  test('D2: of a provision that failed', async () => {
    const id = newId();
    platform.fail(id, 'no paint');
    await platform.provision(id).expect(202);
    await platform.ended(id);
    platform.release();
    await platform.deprovision(id).expect(202);
    expect(await platform.ended(id)).toMatchObject({ state: 'succeeded' });
    await platform.deprovision(id).expect(410);
  });

  test('D2: of a provision that never began: its id is free again', async () => {
    const id = newId();
    await platform.provision(id, { space_guid: '' }).expect(400);
    await platform.deprovision(id).expect(410);
    await platform.provision(id).expect(202);
  });

  test('D2: after a deletion that failed', async () => {
    const id = await platform.ready();
    platform.fail(id, 'stuck');
    const first = await platform.deprovision(id).expect(202);
    expect(await platform.ended(id)).toMatchObject({ state: 'failed', description: expect.stringContaining('stuck') });
    platform.release();
    const second = await platform.deprovision(id).expect(202);
    expect(second.body.operation).not.toBe(first.body.operation);
    expect(await platform.ended(id)).toMatchObject({ state: 'succeeded' });
  });

  test('D2: the originating identity may be absent, as platforms leave it out here', async () => {
    const id = await platform.ready();
    await platform.deprovision(id).expect(202);
    const audited = { instanceId: id, kind: 'deprovision', event: 'accepted' } as const;
    expect(await platform.store.auditEvents.findOne(audited)).not.toHaveProperty('originatingIdentity');
  });

  test('D4: every answer is there at once, however long the work takes', async () => {
    const id = newId();
    platform.hold(id);
    const began = Date.now();
    await platform.provision(id).expect(202);
    await platform.last(id).expect(200);
    await platform.deprovision(id).expect(202);
    expect(Date.now() - began).toBeLessThan(3_000);
  });
});
