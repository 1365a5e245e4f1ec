import { describe, expect, it } from 'vitest';
import type { OperationRecord } from '../../src/store/records.js';
import { bind, provision } from '../support/apps.js';
import { BrokerPlace } from '../support/broker-place.js';
import { statusOf } from '../support/members.js';
import { isFull } from '../support/recovery-size.js';
import { residentBytes } from '../support/resident-memory.js';

const crowd = 30;
/** Provisions that work on the cluster at once. */
const most = 6;
const seconds = 1_500;

const residentMebibytes = (pid: number): number => (residentBytes(pid) ?? Number.NaN) / 2 ** 20;

// The end-to-end suite asks for ten small ones at once: these are what an hour's run has the time for.
describe.runIf(isFull)(`${crowd} replica sets that are asked for at once`, () => {
  it(`are made ${most} at a time, in the order of their acceptance, and binds and deletes pass`, async ({
    onTestFinished,
  }) => {
    const place = await BrokerPlace.open();
    onTestFinished(() => place.close());
    const broker = await place.start({ HOLDFAST_MAXIMUM_CONCURRENT_PROVISIONS: String(most) });
    const driver = place.driver(broker);
    const developer = await driver.sold('mongodb', 'developer');
    await provision(driver, 'there', developer);
    const operations = place.store.collection<OperationRecord>('operations');
    const before = residentMebibytes(broker.pid);

    // Large, because its operations may take long: the last one waits for all of the others.
    const sold = await driver.sold('mongodb', 'replica-set-large');
    const ids = Array.from({ length: crowd }, (_, index) => `instance ${index}`);
    const answers = await Promise.all(ids.map((id) => driver.provision(id, sold)));
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 202));

    await bind(driver, 'there', 'app', developer);
    await driver.deprovision('there', developer);
    expect(await driver.poll('there', { seconds: 120 })).toMatchObject({ state: 'succeeded' });
    expect(await operations.countDocuments({ state: 'queued' })).toBeGreaterThan(0);

    let peak = 0;
    for (const id of ids) {
      expect(await driver.poll(id, { seconds })).toMatchObject({ state: 'succeeded' });
      peak = Math.max(peak, residentMebibytes(broker.pid));
    }
    const accepted = await operations.find({ kind: 'provision' }).sort({ acceptedAt: 1, _id: 1 }).toArray();
    const [, ...inOrder] = accepted.map(({ _id }) => _id);
    const { admitted, mostAtOnce } = admissionsOf(place, inOrder);
    expect(admitted).toEqual(inOrder);
    expect(mostAtOnce).toBe(most);
    for (const id of ids) {
      const { namespace } = await place.instance(id);
      expect(await statusOf(namespace, 'rs0-0')).toMatchObject({ votingMembersCount: 3 });
    }
    process.stdout.write(`memory: ${before.toFixed(0)} MiB before, ${peak.toFixed(0)} MiB at most\n`);
    expect(peak).toBeLessThan(before * 1.5);
  }, 2_400_000);
});

/** Which of some operations were let run, in order, and how many ran at once. */
function admissionsOf(place: BrokerPlace, operations: readonly string[]) {
  const wanted = new Set(operations);
  const admitted: string[] = [];
  const running = new Set<string>();
  let mostAtOnce = 0;
  for (const { operation, fields } of place.watch.changes) {
    if (!wanted.has(operation)) continue;
    if (fields.state === 'running') {
      admitted.push(operation);
      running.add(operation);
    }
    if (fields.active === false) running.delete(operation);
    mostAtOnce = Math.max(mostAtOnce, running.size);
  }
  return { admitted, mostAtOnce };
}
