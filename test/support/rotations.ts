import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from 'mongodb';
import { vi } from 'vitest';
import type { OperationRecord, ServiceInstanceRecord } from '../../src/store/records.js';

/** As if its time had come. @returns the operation */
export async function beginRotation(store: Db, instance: string, what: string): Promise<string> {
  const instances = store.collection<ServiceInstanceRecord>('service_instances');
  await instances.updateOne({ _id: instance }, { $set: { nextRotation: { what, at: new Date(0) } } });
  const begun = await vi.waitUntil(async () => (await instances.findOne({ _id: instance }))?.rotation?.operation, {
    timeout: 30_000,
    interval: 50,
  });
  return begun;
}

export async function endOfRotation(store: Db, operation: string): Promise<OperationRecord> {
  const operations = store.collection<OperationRecord>('operations');
  const deadline = Date.now() + 170_000;
  for (;;) {
    const found = await operations.findOne({ _id: operation });
    if (!found) throw new Error(`the store has no operation ${operation}`);
    if (!found.active) return found;
    if (Date.now() > deadline) throw new Error(`the rotation still runs: ${found.progress}`);
    await sleep(100);
  }
}
