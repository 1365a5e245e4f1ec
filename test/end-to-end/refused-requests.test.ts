import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { kinds, madeBy } from '../support/admin-cluster.js';
import { type BrokerDriver, type ErrorBody, instancePath, type Sold } from '../support/broker-driver.js';
import { BrokerPlace } from '../support/broker-place.js';
import type { BrokerProcess } from '../support/broker-process.js';

let place: BrokerPlace;
let process: BrokerProcess;
let broker: BrokerDriver;
let sold: Sold;

beforeAll(async () => {
  place = await BrokerPlace.open();
  process = await place.start();
  broker = place.driver(process);
  sold = await broker.sold('mongodb', 'developer');
});
afterAll(() => place.close());

const collections = ['service_instances', 'operations', 'audit_events'] as const;
const whole = () => ({ ...sold, organization_guid: 'organization', space_guid: 'space' });

it.each([
  ['an unknown plan', 400, () => ({ ...whole(), plan_id: 'unknown' })],
  ['an unknown service', 400, () => ({ ...whole(), service_id: 'unknown' })],
  ['no service', 400, () => ({ ...whole(), service_id: undefined })],
  ['no plan', 400, () => ({ ...whole(), plan_id: undefined })],
  ['no organization', 400, () => ({ ...whole(), organization_guid: undefined })],
  ['an empty space', 400, () => ({ ...whole(), space_guid: '' })],
  ['a parameter that the plan does not know', 400, () => ({ ...whole(), parameters: { members: 5 } })],
  ['parameters that are no object', 400, () => ({ ...whole(), parameters: 'members=5' })],
  ['another maintenance_info', 422, () => ({ ...whole(), maintenance_info: { version: '0.0.1' } })],
  ['malformed JSON', 400, () => `${JSON.stringify(whole()).slice(0, -1)},`],
  ['a JSON array', 400, () => [whole()]],
  ['nothing', 400, () => ''],
])(
  'a PUT with %s is refused, and leaves nothing in the store, the queue and the cluster',
  async (name, status, body) => {
    const answer = await broker.raw<ErrorBody>('PUT', instancePath(name), {
      query: { accepts_incomplete: 'true' },
      body: body(),
    });
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error: expect.stringMatching(/^\w+$/), description: expect.stringMatching(/\w/) });
    expect(await broker.lastOperation(name)).toMatchObject({ status: 404 });
    await isUntouched();
  },
);

it('nothing has come of them since', isUntouched);

it('the same without a mistake is accepted, and seen where the others left nothing', async () => {
  expect(
    await broker.raw('PUT', instancePath('right'), { query: { accepts_incomplete: 'true' }, body: whole() }),
  ).toMatchObject({ status: 202 });
  for (const collection of collections) expect(await place.store.collection(collection).countDocuments()).toBe(1);
  await vi.waitFor(async () => expect(await madeBy(process.identity, kinds.namespace)).toHaveLength(1), 30_000);
});

async function isUntouched(): Promise<void> {
  for (const collection of collections) {
    expect(await place.store.collection(collection).countDocuments()).toBe(0);
  }
  expect(await place.jobs()).toEqual([]);
  expect(await madeBy(process.identity, kinds.namespace)).toEqual([]);
}
