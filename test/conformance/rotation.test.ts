import { describe, expect, test } from 'vitest';
import { newId, usePlatform } from './stub-platform.js';

const platform = usePlatform({ HOLDFAST_BINDING_LIFETIME_SECONDS: '3600' });
const everlasting = usePlatform();

describe('OSB › Binding Rotation', () => {
  test('B7: a successor has its own id and credentials, and the parameters of its predecessor; both are valid', async () => {
    const { id, binding } = await platform.bound(undefined, { role: 'read' });
    const before = (await platform.fetchBinding(id, binding)).body;
    const successor = newId();
    const { body } = await platform.rotate(id, successor, binding).expect(201);
    expect(body.credentials.username).not.toBe(before.credentials.username);
    expect((await platform.fetchBinding(id, successor).expect(200)).body.parameters).toEqual({ role: 'read' });
    expect((await platform.fetchBinding(id, binding).expect(200)).body).toEqual(before);
    await platform.unbind(id, binding).expect(200);
    expect((await platform.fetchBinding(id, successor).expect(200)).body.credentials).toEqual(body.credentials);
  });

  test('B7: asked for again: 200; of another predecessor: 409', async () => {
    const { id, binding } = await platform.bound();
    const [successor, third] = [newId(), newId()];
    const { body } = await platform.rotate(id, successor, binding).expect(201);
    expect((await platform.rotate(id, successor, binding).expect(200)).body).toEqual(body);
    await platform.rotate(id, third, successor).expect(201);
    await platform.rotate(id, third, binding).expect(409);
    await platform.bind(id, third).expect(409);
  });

  test('B7: asked for again when its predecessor is unbound already: 200', async () => {
    const { id, binding } = await platform.bound();
    const successor = newId();
    const { body } = await platform.rotate(id, successor, binding).expect(201);
    await platform.unbind(id, binding).expect(200);
    expect((await platform.rotate(id, successor, binding).expect(200)).body).toEqual(body);
  });

  test('B7: a predecessor whose time is over: 400, also before its credentials are removed', async () => {
    const { id, binding } = await platform.bound();
    const over = { $set: { expiresAt: new Date(Date.now() - 1) } };
    await platform.store.bindings.updateOne({ bindingId: binding }, over);
    await platform.rotate(id, newId(), binding).expect(400);
  });

  test('B7: whatever else is sent is inherited', async () => {
    const { id, binding } = await platform.bound(undefined, { role: 'read' });
    const successor = newId();
    const body = { predecessor_binding_id: binding, ...platform.sold, parameters: { role: 'write' } };
    await platform.bind(id, successor, body).expect(201);
    expect((await platform.fetchBinding(id, successor)).body.parameters).toEqual({ role: 'read' });
  });

  test('B7: an unknown predecessor, one of another instance, or none that is a text: 400', async () => {
    const { id } = await platform.bound();
    const { binding: foreign } = await platform.bound();
    for (const predecessor_binding_id of ['unknown', foreign, '', 5]) {
      await platform.bind(id, newId(), { predecessor_binding_id }).expect(400);
    }
  });

  test('B7: of a plan whose bindings are not rotatable: 400', async () => {
    const [id, binding, large] = [newId(), newId(), await platform.soldAs('large')];
    await platform.provision(id, large).expect(202);
    await platform.ended(id);
    await platform.bind(id, binding, large).expect(201);
    await platform.rotate(id, newId(), binding).expect(400);
  });

  test('B7: before 2.17 predecessor_binding_id is unknown, and ignored', async () => {
    const { id, binding } = await platform.bound(undefined, { role: 'read' });
    const older = platform.as({ version: '2.16' });
    const successor = newId();
    await older.rotate(id, successor, binding).expect(400);
    await older.bind(id, successor, { ...platform.sold, predecessor_binding_id: 'unknown' }).expect(201);
    expect((await older.fetchBinding(id, successor)).body.parameters).toEqual({});
  });
});

describe('OSB › Binding Metadata', () => {
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\dZ$/);

  test('B5: expires_at and renew_before, in the answer and to each GET', async () => {
    const [id, binding] = [await platform.ready(), newId()];
    const { metadata } = (await platform.bind(id, binding).expect(201)).body;
    expect(metadata).toEqual({ expires_at: time, renew_before: time });
    expect(Date.parse(metadata.renew_before)).toBeLessThanOrEqual(Date.parse(metadata.expires_at));
    expect(Math.abs(Date.parse(metadata.expires_at) - Date.now() - 3_600_000)).toBeLessThan(60_000);
    expect((await platform.fetchBinding(id, binding)).body.metadata).toEqual(metadata);
  });

  test.each([
    ['2.15', undefined],
    ['2.16', { expires_at: time }],
    ['2.17', { expires_at: time, renew_before: time }],
  ])('B5: metadata at %s', async (version, metadata) => {
    const { id, binding } = await platform.bound();
    expect((await platform.as({ version }).fetchBinding(id, binding)).body.metadata).toEqual(metadata);
  });

  test('B5: none of a binding that does not expire', async () => {
    const { id, binding } = await everlasting.bound();
    expect((await everlasting.fetchBinding(id, binding)).body).not.toHaveProperty('metadata');
  });

  test('B5: a successor lives as long from its own making', async () => {
    const { id, binding } = await platform.bound();
    const before = (await platform.fetchBinding(id, binding)).body.metadata;
    const { metadata } = (await platform.rotate(id, newId(), binding).expect(201)).body;
    expect(Date.parse(metadata.expires_at)).toBeGreaterThanOrEqual(Date.parse(before.expires_at));
  });

  test('B5, B7: an expired binding loses its credentials, cannot be followed, and can be unbound', async () => {
    const { id, binding } = await platform.bound();
    await platform.store.bindings.updateOne({ bindingId: binding }, { $set: { expiresAt: new Date(0) } });
    await expect
      .poll(async () => (await platform.fetchBinding(id, binding)).status, { timeout: 20_000, interval: 200 })
      .toBe(404);
    await expect.poll(() => dropped(id), { timeout: 10_000 }).toBe(1);
    const audited = { bindingId: binding, kind: 'expire', event: 'succeeded' } as const;
    await expect.poll(() => platform.store.auditEvents.countDocuments(audited), { timeout: 10_000 }).toBe(1);
    await platform.rotate(id, newId(), binding).expect(400);
    await platform.bind(id, binding).expect(409);
    await platform.unbind(id, binding).expect(200);
    await platform.unbind(id, binding).expect(410);
  });

  const dropped = (id: string) =>
    platform.stub.service.ran.filter(({ verb, instanceId }) => verb === 'unbind' && instanceId === id).length;
});
