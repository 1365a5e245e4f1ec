import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import supertest from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import {
  auditEventsAnswer,
  instanceAnswer,
  instancesAnswer,
  operationAnswer,
  operationsAnswer,
  rotationAnswer,
} from '../../src/operators/answer-schemas.js';
import { eventually } from '../support/eventually.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { newId, usePlatform } from './stub-platform.js';

const accessFile = join(temporaryFolder('operators'), 'access.yaml');
writeFileSync(accessFile, 'access:\n  - { platform: operations, rights: [operator], basic: [operator] }\n');
const platform = usePlatform({
  HOLDFAST_BASIC_AUTH: 'platform:secret,other:secret,operator:secret',
  HOLDFAST_ACCESS_FILE: accessFile,
});

/** Asks as an operator, and demands the answer that is documented. */
async function ask<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  query: object = {},
): Promise<z.infer<Schema>> {
  const { body } = await get(path, query).expect(200);
  const parsed = schema.parse(body);
  expect(parsed).toEqual(body);
  return parsed;
}
const get = (path: string, query: object = {}) =>
  supertest(platform.stub.url).get(`/operators/${path}`).query(query).auth('operator', 'secret');

let id: string;
let binding: string;
let foreign: string;
beforeAll(async () => {
  ({ id, binding } = await platform.bound(newId()));
  await platform.update(id, { parameters: { colour: 'blue' }, context: { canary: 'canary-context' } }).expect(202);
  await platform.ended(id);
  foreign = newId();
  await platform.as({ user: 'other' }).provision(foreign).expect(202);
  await eventually(async () => (await platform.as({ user: 'other' }).last(foreign)).body.state === 'succeeded');
});

const instanceOf = async (instanceId: string) => {
  const { instances } = await ask(instancesAnswer, 'instances');
  const found = instances.find((instance) => instance.instance_id === instanceId);
  if (!found) throw new Error(`${instanceId} is not listed`);
  return found;
};

test('instances of all platforms are listed, and filtered', async () => {
  const all = (await ask(instancesAnswer, 'instances')).instances.map(({ instance_id }) => instance_id);
  expect(all).toEqual(expect.arrayContaining([id, foreign]));
  const listed = async (query: object) =>
    (await ask(instancesAnswer, 'instances', query)).instances.map(({ instance_id }) => instance_id);
  expect(await listed({ platform: 'other' })).toEqual([foreign]);
  expect(await listed({ platform: 'nobody' })).toEqual([]);
  expect(await listed({ phase: 'ready', platform: 'platform' })).toEqual([id]);
  expect(await listed({ phase: 'failed' })).toEqual([]);
  expect(await listed({ plan_id: platform.sold.plan_id })).toEqual(all);
  expect(await listed({ plan_id: 'none' })).toEqual([]);
});

test('an instance is told with its bindings, and nothing of it that is secret', async () => {
  const instance = await ask(instanceAnswer, `instances/${(await instanceOf(id)).id}`);
  expect(instance).toMatchObject({ platform: 'platform', instance_id: id, phase: 'ready', settled: true });
  expect(instance.bindings).toMatchObject([{ binding_id: binding, phase: 'ready' }]);
  const told = JSON.stringify(instance);
  const { password } = (await platform.fetchBinding(id, binding)).body.credentials;
  for (const secret of ['blue', 'canary-context', String(password)]) expect(told).not.toContain(secret);
});

test('operations are told with their steps, the newest first', async () => {
  const { id: instance } = await instanceOf(id);
  const { operations } = await ask(operationsAnswer, 'operations', { instance });
  expect(operations.map(({ kind }) => kind)).toEqual(['update', 'bind', 'provision']);
  const first = operations.at(-1);
  expect(first).toMatchObject({ state: 'succeeded', instance });
  expect(first?.steps.length).toBeGreaterThan(0);
  expect(await ask(operationAnswer, `operations/${first?.id}`)).toEqual(first);
});

test('those that run, and those that failed', async () => {
  const [running, failed] = [newId(), newId()];
  platform.hold(running);
  platform.fail(failed, 'no more paper');
  await platform.provision(running).expect(202);
  await platform.provision(failed).expect(202);
  await platform.ended(failed);
  const told = async (state: string) => (await ask(operationsAnswer, 'operations', { state })).operations;
  expect(await told('failed')).toMatchObject([{ kind: 'provision', description: expect.stringContaining('paper') }]);
  expect(await told('active')).toMatchObject([{ kind: 'provision', instance: (await instanceOf(running)).id }]);
  platform.release();
  await platform.ended(running);
  expect(await told('active')).toEqual([]);
});

test('the audit is told in order, by platform and by instance', async () => {
  const { audit_events: events } = await ask(auditEventsAnswer, 'audit-events', {
    platform: 'platform',
    instance_id: id,
  });
  const accepted = events.filter(({ event }) => event === 'accepted').map(({ kind }) => kind);
  expect(accepted).toEqual(['provision', 'bind', 'update']);
  expect(events[0]).toMatchObject({ platform: 'platform', credential: 'basic:platform', instance_id: id });
  expect((await ask(auditEventsAnswer, 'audit-events', { platform: 'other', instance_id: id })).audit_events).toEqual(
    [],
  );
});

describe('pages', () => {
  const whole = async (path: string, name: string, limit: number): Promise<readonly { readonly id: string }[]> => {
    const found: { readonly id: string }[] = [];
    let after: string | undefined;
    for (let pages = 0; pages < 100; pages++) {
      const { body } = await get(path, { limit, ...(after !== undefined && { after }) }).expect(200);
      found.push(...body[name]);
      after = body.next;
      if (after === undefined) return found;
    }
    throw new Error('there is no last page');
  };

  test.each([
    ['instances', 'instances'],
    ['operations', 'operations'],
    ['audit-events', 'audit_events'],
  ])('of %s make the whole, each item once', async (path, name) => {
    const [small, large] = [await whole(path, name, 2), await whole(path, name, 500)];
    expect(small.map(({ id }) => id)).toEqual(large.map(({ id }) => id));
    expect(new Set(small.map(({ id }) => id)).size).toBe(small.length);
    expect(small.length).toBeGreaterThan(2);
  });
});

describe('what is asked wrongly is answered 400 with what to do', () => {
  test.each([
    ['instances?phase=gone', 'phase must be one of creating'],
    ['instances?limit=0', 'limit must be at least 1'],
    ['instances?limit=501', 'limit must be at most 500'],
    ['instances?limit=x', 'limit must be a whole number'],
    ['instances?platform=a&platform=b', 'platform must be given once'],
    ['instances?platform[$ne]=a', 'platform[$ne] is no parameter of this request'],
    ['instances?plan=x', 'plan is no parameter of this request'],
    ['operations?state=late', 'state must be one of active'],
    ['operations?after=x', 'after must be the "next" of the page before'],
    [`audit-events?after=${Buffer.from('[{"$gt":0},"x"]').toString('base64url')}`, 'after must be the "next"'],
  ])('%s', async (path, description) => {
    const { body } = await get(path).expect(400);
    expect(body).toEqual({ error: 'MalformedRequest', description: expect.stringContaining(description) });
  });

  test.each(['instances/none', 'operations/none'])('%s: 404', async (path) => {
    expect((await get(path).expect(404)).body).toMatchObject({ error: 'NotFound' });
  });
});

test('a platform may not ask, nor an operator do what platforms do', async () => {
  for (const path of ['instances', `instances/${(await instanceOf(id)).id}`, 'operations', 'audit-events']) {
    await supertest(platform.stub.url).get(`/operators/${path}`).auth('platform', 'secret').expect(403);
    await supertest(platform.stub.url).get(`/operators/${path}`).expect(401);
  }
  await platform.as({ user: 'operator' }).fetch(id).expect(403);
  await platform.as({ user: 'operator' }).provision(newId()).expect(403);
});

test('secrets of an instance are rotated, which the audit tells with who asked for it', async () => {
  const { id: internal } = await instanceOf(id);
  const post = (what: string, of = internal) =>
    supertest(platform.stub.url).post(`/operators/instances/${of}/rotations/${what}`).auth('operator', 'secret');
  await post('disks').expect(400, { error: 'InvalidRequest', description: 'what can be rotated is key' });
  await post('key', 'unknown').expect(404);
  const { body } = await post('key').expect(202);
  const operation = rotationAnswer.parse(body).operation;
  await eventually(async () => (await ask(operationAnswer, `operations/${operation}`)).state === 'succeeded');
  const { audit_events } = await ask(auditEventsAnswer, 'audit-events', { instance_id: id });
  const told = audit_events.filter((event) => event.operation === operation);
  expect(told.map(({ event }) => event)).toEqual(['accepted', 'succeeded']);
  for (const event of told)
    expect(event).toMatchObject({ kind: 'rotate', credential: 'basic:operator', platform: 'platform' });
});
