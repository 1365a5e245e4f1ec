import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from 'mongodb';
import type { OperationRecord, ServiceInstanceRecord } from '../../src/store/records.js';

/** As if its time had come. @returns the operation */
export async function beginRotation(store: Db, instance: string, what: string): Promise<string> {
  const instances = store.collection<ServiceInstanceRecord>('service_instances');
  const operations = store.collection<OperationRecord>('operations');
  const before = await operations.distinct('_id', { instance, kind: 'rotate' });
  await instances.updateOne({ _id: instance }, { $set: { nextRotation: { what, at: new Date(0) } } });
  return await until('no rotation begins', 60_000, async () => {
    // The instance tells of it only while it runs, which may be for less than a look.
    const begun = await operations.findOne({ instance, kind: 'rotate', _id: { $nin: before } });
    return begun?._id;
  });
}

export async function endOfRotation(store: Db, operation: string): Promise<OperationRecord> {
  const operations = store.collection<OperationRecord>('operations');
  let progress = '';
  const isOver = async () => {
    const found = await operations.findOne({ _id: operation });
    progress = found?.progress ?? 'it is not in the store';
    return found && !found.active ? found : undefined;
  };
  return await until('the rotation still runs', 300_000, isOver, () => progress);
}

/** For docs/measurements.md. */
export function tellRotation(what: string, { acceptedAt, endedAt }: OperationRecord, acknowledged: number): void {
  const seconds = ((endedAt?.getTime() ?? 0) - acceptedAt.getTime()) / 1000;
  process.stdout.write(
    `rotation of ${what}: ${seconds.toFixed(1)} s, ${acknowledged} writes acknowledged, none lost\n`,
  );
}

async function until<Answer>(
  problem: string,
  milliseconds: number,
  ask: () => Promise<Answer | undefined>,
  describe = () => '',
): Promise<Answer> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`${problem} after ${milliseconds / 1000} s: ${describe()}`);
    await sleep(50);
  }
}
