import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import type { OperationRecord } from '../../../src/store/records.js';
import { BrokerPlace } from '../../support/broker-place.js';
import type { BrokerProcess } from '../../support/broker-process.js';
import { holders, processOf, takenAway } from '../../support/leases.js';
import { isFull, mix } from '../../support/recovery-size.js';
import { RedisProcess } from '../../support/redis-process.js';
import { skewedClock } from '../../support/skewed-clock.js';
import { startInTurn } from '../../support/start-in-turn.js';
import { Workload } from '../../support/workload.js';

/** Of bindings: shorter than what the clocks differ by. */
const lifetimeSeconds = 1_800;
/** Long enough for most of a wave. */
const emptySeconds = 5;
/** What no operation takes, even on a busy machine. */
const longestSeconds = 120;

export function clocksThatDiffer(): void {
  it.concurrent.for(isFull ? ['+1h', '-1h'] : ['+1h'])(
    'by %s works beside another one, and by itself, as if it did not',
    async (offset, { onTestFinished }) => {
      const environment = {
        HOLDFAST_SYNCHRONOUS_SECONDS: '0',
        HOLDFAST_BINDING_LIFETIME_SECONDS: String(lifetimeSeconds),
      };
      const redis = await RedisProcess.start();
      const place = await BrokerPlace.open({ redisUrl: redis.url }, environment);
      onTestFinished(async () => {
        await place.close();
        await redis.remove();
      });
      const worker = { HOLDFAST_ROLE: 'worker' };
      const [api, punctual, skewed] = await Promise.all([
        startInTurn(place, { HOLDFAST_ROLE: 'api' }),
        startInTurn(place, worker),
        startInTurn(place, { ...worker, ...skewedClock(offset) }),
      ]);
      expect(clockOf(skewed) - clockOf(punctual)).toBeCloseTo(offset === '+1h' ? 60 : -60, 0);

      const driver = place.driver(api);
      const workload = new Workload(place, driver);
      await workload.prepare(mix);
      const operations = await workload.begin(mix);
      // What is not in the queue any more is delivered anew as soon as its lease seems to have ended.
      await redis.keepEmpty(emptySeconds);
      await workload.end(operations);
      await workload.isAsAsked();
      const both = await leasesAreKept(place);
      expect([...both].sort()).toEqual([punctual.pid, skewed.pid].sort());

      await punctual.terminate();
      const alone = await workload.begin(mix);
      await workload.end(alone);
      await looksAfterBindings(place, skewed);
      // With its bindings: none has expired.
      await workload.isAsAsked();
      await workload.removeAll();
      await leasesAreKept(place);
    },
  );
}

/** Minutes since the epoch when a process was ready, by its own clock. */
function clockOf({ log }: BrokerProcess): number {
  const time = log.find(({ msg }) => msg === 'Holdfast is ready')?.time;
  return new Date(time as string | number).getTime() / 60_000;
}

/**
 * No operation took long, and none was run by two at once: its lease was only taken when it had been given back.
 * @returns the process ids of those that ran operations
 */
async function leasesAreKept(place: BrokerPlace): Promise<ReadonlySet<number>> {
  const operations = await place.store.collection<OperationRecord>('operations').find().toArray();
  const seen = new Set<number>();
  for (const { _id, acceptedAt, endedAt, lease } of operations) {
    expect(takenAway(place, _id)).toBe(0);
    const all = holders(place, _id).filter((holder) => holder !== null);
    // Every epoch is a lease that was taken.
    expect(lease.epoch).toBe(all.length);
    for (const holder of all) seen.add(holder);
    expect(((endedAt?.getTime() ?? Number.NaN) - acceptedAt.getTime()) / 1_000).toBeLessThan(longestSeconds);
  }
  return seen;
}

/** Two rounds of the task that ends bindings whose time has passed. */
async function looksAfterBindings(place: BrokerPlace, { pid }: BrokerProcess): Promise<void> {
  const locks = place.store.collection<{ readonly _id: string; readonly owner: string; readonly until: Date }>('locks');
  const rounds = new Set<number>();
  await vi.waitFor(
    async () => {
      const lock = await locks.findOne({ _id: 'reconciler/expire-bindings' });
      if (lock && processOf(lock.owner) === pid) rounds.add(lock.until.getTime());
      expect(rounds.size).toBeGreaterThanOrEqual(2);
    },
    { timeout: 60_000, interval: 250 },
  );
  await sleep(500);
}
