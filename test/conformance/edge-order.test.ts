import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bindingPath, type ErrorBody, instancePath } from '../support/broker-driver.js';
import { type Edge, sold, startEdge } from '../support/edge-only.js';

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());
beforeEach(() => {
  edge.instances.reset();
  edge.bindings.reset();
});

const provisionable = { ...sold, organization_guid: 'o', space_guid: 's' };
const async = { accepts_incomplete: 'true' };

describe('the order of checks', () => {
  test('provision: 401 → 412 → content type 400 → JSON 400 → object 400 → 422 → parameters 400 → brokering', async () => {
    const stranger = { authorization: 'Basic x', 'x-broker-api-version': '1.0', 'content-type': 'text/plain' };
    const { authorization: _, ...known } = stranger;
    const spoken = { 'content-type': 'text/plain' };
    const requests: readonly (readonly [object, body: string, query: Record<string, string>])[] = [
      [stranger, '{', {}],
      [known, '{', {}],
      [spoken, '{', {}],
      [{}, '{', {}],
      [{}, '[]', {}],
      [{}, '{}', {}],
      [{}, '{}', async],
      [{}, JSON.stringify(provisionable), async],
    ];
    const seen: (readonly [number, string | undefined, reached: number])[] = [];
    for (const [headers, body, query] of requests) {
      const options = { headers: { ...headers }, body, query };
      const answer = await edge.broker.raw<Partial<ErrorBody>>('PUT', instancePath('i'), options);
      seen.push([answer.status, answer.body.error, edge.instances.asked.length]);
    }
    expect(seen).toEqual([
      [401, 'Unauthorized', 0],
      [412, 'UnsupportedApiVersion', 0],
      [400, 'MalformedRequest', 0],
      [400, 'MalformedRequest', 0],
      [400, 'MalformedRequest', 0],
      [422, 'AsyncRequired', 0],
      [400, 'MalformedRequest', 0],
      [202, undefined, 1],
    ]);
  });

  test.each(['false', '1', 'TRUE', ''])(
    'accepts_incomplete=%j is not true: 422, of bindings patience',
    async (value) => {
      const query = { ...sold, accepts_incomplete: value };
      const body = { ...provisionable, parameters: {} };
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        const answer = await edge.broker.raw<ErrorBody>(method, instancePath('i'), {
          query,
          ...(method !== 'DELETE' && { body }),
        });
        expect([answer.status, answer.body.error]).toEqual([422, 'AsyncRequired']);
      }
      await edge.broker.raw('PUT', bindingPath('i', 'b'), { query, body });
      await edge.broker.raw('DELETE', bindingPath('i', 'b'), { query });
      expect(edge.bindings.patience).toEqual([{ otherwise: 'halt' }, { otherwise: 'halt' }]);
    },
  );

  test('update: object 400 → 422 → parameters 400 → brokering', async () => {
    const patch = async (body: string, query = {}) => {
      const { status } = await edge.broker.raw('PATCH', instancePath('i'), { body, query });
      return [status, edge.instances.asked.length];
    };
    expect(await patch('[]')).toEqual([400, 0]);
    expect(await patch('{"parameters": {}}')).toEqual([422, 0]);
    expect(await patch('{"parameters": {}}', async)).toEqual([400, 0]);
    expect(await patch('{"service_id": "service-1", "parameters": {}}', async)).toEqual([202, 1]);
  });

  test.each([
    [{ parameters: {} }, 422],
    [{ plan_id: 'p' }, 422],
    [{ plan_id: 'p', previous_values: { plan_id: 'q' } }, 422],
    [{ plan_id: 'p', previous_values: { plan_id: 'p' }, parameters: {} }, 422],
    [{ maintenance_info: { version: '1.0.0' } }, 422],
    [{ context: {} }, 202],
    [{}, 202],
    [{ plan_id: 'p', previous_values: { plan_id: 'p' } }, 202],
    [{ plan_id: null, parameters: null, maintenance_info: null, previous_values: null }, 202],
  ])('update without accepts_incomplete: %j: %d', async (changes, status) => {
    const body = { service_id: 'service-1', ...changes };
    expect((await edge.broker.raw('PATCH', instancePath('i'), { body })).status).toBe(status);
    for (const asked of edge.instances.asked) expect(asked).not.toHaveProperty('planId');
  });

  test('deprovision: its parameters are required before brokering is asked', async () => {
    const answer = await edge.broker.raw<ErrorBody>('DELETE', instancePath('i'), { query: async });
    expect(answer).toMatchObject({
      status: 400,
      body: { description: 'service_id must be a non-empty string; plan_id must be a non-empty string.' },
    });
    expect(edge.instances.asked).toEqual([]);
  });

  test('unbind: brokering looks for the binding before the parameters are required', async () => {
    await edge.broker.raw('DELETE', bindingPath('i', 'b'), { query: async });
    expect(edge.bindings.asked).toMatchObject([{ bindingId: 'b' }]);
    expect(edge.bindings.asked[0]).not.toHaveProperty('serviceId');
  });

  test.each([
    ['2.13', 'halt'],
    ['2.14', 'continue'],
    ['2.17', 'continue'],
  ])('a platform of %s that accepts incomplete bindings: %s', async (apiVersion, otherwise) => {
    await edge.driver({ apiVersion }).bind('i', 'b', sold);
    await edge.driver({ apiVersion }).unbind('i', 'b', sold);
    expect(edge.bindings.patience).toEqual([{ otherwise }, { otherwise }]);
  });
});
