import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { newId, usePlatform } from './stub-platform.js';

const platform = usePlatform();

test('what is another platform’s is as if it were not there, for every verb, and stays as it was', async () => {
  const { id, binding } = await platform.bound();
  const before = [await platform.traces(), (await platform.fetchBinding(id, binding)).body];
  const other = platform.as({ user: 'other' });

  await other.fetch(id).expect(404);
  await other.last(id).expect(404);
  await other.update(id, { parameters: { colour: 'red' } }).expect(404);
  await other.deprovision(id).expect(410);
  await other.bind(id, newId(), platform.sold).expect(404);
  await other.bind(id, binding, platform.sold).expect(404);
  await other.rotate(id, newId(), binding).expect(404);
  await other.fetchBinding(id, binding).expect(404);
  await other.lastOfBinding(id, binding).expect(404);
  await other.unbind(id, binding).expect(410);

  expect([await platform.traces(), (await platform.fetchBinding(id, binding)).body]).toEqual(before);
});

test('nor is it reached from an instance of one’s own', async () => {
  const { id, binding } = await platform.bound();
  const other = platform.as({ user: 'other' });
  const own = newId();
  await other.provision(own).expect(202);
  await eventually(async () => (await other.last(own)).body.state === 'succeeded');
  await other.fetchBinding(own, binding).expect(404);
  await other.unbind(own, binding).expect(410);
  const unknown = (await other.rotate(own, newId(), 'nobodys').expect(400)).body.description;
  const others = (await other.rotate(own, newId(), binding).expect(400)).body.description;
  expect(others.replaceAll(binding, 'nobodys')).toBe(unknown);
  // The operation that made it is a hint, and nobody's key.
  const operation = await platform.store.operations.findOne({}, { sort: { acceptedAt: -1 } });
  await other.last(id, { operation: String(operation?._id) }).expect(404);
  await platform.fetchBinding(id, binding).expect(200);
});

test('an id may be every platform’s, and each has its own behind it', async () => {
  const id = await platform.ready({ parameters: { colour: 'red' } });
  const other = platform.as({ user: 'other' });
  await other.provision(id, { parameters: { colour: 'blue' } }).expect(202);
  await eventually(async () => (await other.last(id)).body.state === 'succeeded');
  expect((await platform.fetch(id)).body.parameters).toEqual({ colour: 'red' });
  expect((await other.fetch(id)).body.parameters).toEqual({ colour: 'blue' });
  await other.deprovision(id).expect(202);
  await platform.fetch(id).expect(200);
});
