import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperationRecord } from '../../src/store/records.js';
import { BrokerPlace } from '../support/broker-place.js';
import { statusOf } from '../support/members.js';

const workers = 2;
const seconds = 240;
const ids = Array.from({ length: 10 }, (_, index) => `instance ${index}`);

let place: BrokerPlace;
let operations: readonly OperationRecord[];

describe(`${ids.length} instances that are asked for at once, of a broker with ${workers} workers`, () => {
  beforeAll(async () => {
    place = await BrokerPlace.open();
    const broker = await place.install({ HOLDFAST_WORKER_CONCURRENCY: String(workers) });
    const sold = await broker.sold('mongodb', 'developer');
    const answers = await Promise.all(ids.map((id) => broker.provision(id, sold)));
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 202));
    await Promise.all(ids.map((id) => broker.poll(id, { seconds })));
    operations = await place.store.collection<OperationRecord>('operations').find().toArray();
  }, seconds * 1000);
  afterAll(() => place.close(), 180_000);

  it('all succeed, each with its member that votes', async () => {
    expect(operations.map(({ kind, state }) => [kind, state])).toEqual(ids.map(() => ['provision', 'succeeded']));
    for (const id of ids) {
      const { namespace } = await place.instance(id);
      expect(await statusOf(namespace, 'rs0-0')).toMatchObject({ votingMembersCount: 1 });
    }
  });

  it('do not wait for a worker: all have their objects before the first of them is done', () => {
    const objects = operations.map(({ steps }) => steps.objects?.endedAt.getTime() ?? Number.NaN);
    const ends = operations.map(({ endedAt }) => endedAt?.getTime() ?? Number.NaN);
    expect(Math.max(...objects)).toBeLessThan(Math.min(...ends));
  });

  it('hold a worker only while their steps run: never more leases than workers, while all of them wait', () => {
    const held = new Set<string>();
    const started = new Set<string>();
    const ended = new Set<string>();
    let most = 0;
    let mostWaiting = 0;
    for (const { operation, fields } of place.watch.changes) {
      if (typeof fields['lease.owner'] === 'string') held.add(operation);
      if (fields['lease.owner'] === null || fields.active === false) held.delete(operation);
      if ('startedAt' in fields) started.add(operation);
      if (fields.active === false) ended.add(operation);
      most = Math.max(most, held.size);
      mostWaiting = Math.max(mostWaiting, started.size - ended.size - held.size);
    }
    expect(most).toBe(workers);
    expect(mostWaiting).toBeGreaterThanOrEqual(ids.length - workers);
  });
});
