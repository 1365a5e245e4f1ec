import type { V1StatefulSet } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { inNamespace, kinds } from '../support/admin-cluster.js';
import { appClient, bind, operationSeconds } from '../support/apps.js';
import type { BrokerDriver, Sold } from '../support/broker-driver.js';
import { BrokerPlace } from '../support/broker-place.js';
import type { BrokerProcess } from '../support/broker-process.js';
import { holders } from '../support/leases.js';
import { memberNames, onMember, statusOf } from '../support/members.js';

const voting = /^waiting for the members to vote/;

/** One replica set, once, that an app can use. */
async function isOneReplicaSet(place: BrokerPlace, broker: BrokerDriver, sold: Sold): Promise<void> {
  const { namespace } = await place.instance('interrupted');
  const sets = await inNamespace<V1StatefulSet>(kinds.statefulSet, namespace);
  expect(sets.map(({ metadata, spec }) => [metadata?.name, spec?.replicas])).toEqual([['rs0', 3]]);
  expect(await inNamespace(kinds.pod, namespace)).toHaveLength(3);
  for (const member of memberNames) {
    const { members, votingMembersCount } = await statusOf(namespace, member);
    expect(members.map(({ name }) => name.split('.')[0])).toEqual(memberNames);
    expect(votingMembersCount).toBe(3);
  }
  const { users } = await onMember(namespace, 'rs0-0', (database) => database.command({ usersInfo: 1 }));
  expect(users).toMatchObject([{ user: 'holdfast-admin' }]);
  const client = appClient(await bind(broker, 'interrupted', 'app', sold));
  await client
    .db()
    .collection('notes')
    .insertOne({ n: 1 }, { writeConcern: { w: 'majority' } });
  await client.close();
}

/** Whose lease on the operation is the last one taken: a process id. */
const holder = (place: BrokerPlace, operation: string) => holders(place, operation).at(-1);

const goesOnWith = (place: BrokerPlace, operation: string, { pid }: BrokerProcess, seconds: number) =>
  place.watch.until(`process ${pid} goes on`, seconds, () => holder(place, operation) === pid || undefined);

describe('a broker that is stopped (SIGTERM) in the middle of a step', () => {
  it('ends with code 0 and gives the step back: another goes on at once, or the next one that starts', async ({
    onTestFinished,
  }) => {
    const place = await BrokerPlace.open();
    onTestFinished(() => place.close());
    const both = [await place.start(), await place.start()] as const;
    const driver = place.driver(both[0]);
    const sold = await driver.sold('mongodb', 'replica-set-small');
    const { body } = await driver.provision('interrupted', sold);
    const operation = String(body.operation);
    await place.watch.untilDescription(operation, voting);
    const [first, second] = holder(place, operation) === both[0].pid ? both : [both[1], both[0]];
    expect(holder(place, operation)).toBe(first.pid);

    const seen = holders(place, operation).length;
    expect(await first.terminate()).toEqual({ code: 0, signal: null });
    await goesOnWith(place, operation, second, 20);
    expect(holders(place, operation).slice(seen)).toEqual([null, second.pid]);

    expect(await second.terminate()).toEqual({ code: 0, signal: null });
    expect(place.watch.current(operation)).toMatchObject({ state: 'running', 'lease.owner': null });
    expect(await place.jobs()).toEqual([operation]);
    for (const { log } of both) {
      expect(log.at(-1)?.msg).toBe('stopped');
      expect(log.filter(({ level }) => level === 'error')).toEqual([]);
    }

    const third = await place.start();
    await goesOnWith(place, operation, third, 20);
    const broker = place.driver(third);
    expect(await broker.poll('interrupted', { seconds: operationSeconds })).toMatchObject({ state: 'succeeded' });
    await isOneReplicaSet(place, broker, sold);
  });
});
