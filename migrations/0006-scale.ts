import type { Collection } from 'mongodb';
import type { Migration } from '../src/store/migrate.js';

/** Whatever is asked for together is in one index, so that no record is looked at that is not answered. */
export const scale: Migration = {
  id: '0006-scale',
  async up(database) {
    const instances = database.collection('service_instances');
    await instances.createIndexes([
      { name: 'by_phase', key: { phase: 1, _id: 1 } },
      { name: 'of_a_platform_by_phase', key: { platform: 1, phase: 1, _id: 1 } },
      { name: 'of_a_plan_by_phase', key: { planId: 1, phase: 1, _id: 1 } },
      { name: 'of_a_platform_and_plan_by_phase', key: { platform: 1, planId: 1, phase: 1, _id: 1 } },
      {
        name: 'next_rotation_by_phase',
        key: { phase: 1, 'nextRotation.at': 1, _id: 1 },
        partialFilterExpression: { living: true, 'nextRotation.at': { $exists: true } },
      },
    ]);
    await drop(instances, ['living', 'of_a_platform', 'of_a_plan', 'in_a_phase', 'next_rotation']);

    const bindings = database.collection('service_bindings');
    await bindings.createIndexes([
      {
        name: 'expiring_by_phase',
        key: { phase: 1, expiresAt: 1, _id: 1 },
        partialFilterExpression: { living: true, expiresAt: { $exists: true } },
      },
    ]);
    await drop(bindings, ['expiring']);

    const operations = database.collection('operations');
    await operations.createIndexes([
      { name: 'newest_of_an_instance_in_a_state', key: { instance: 1, state: 1, acceptedAt: -1, _id: -1 } },
    ]);
    await drop(operations, ['newest', 'newest_of_an_instance']);

    const events = database.collection('audit_events');
    await events.createIndexes([
      { name: 'of_an_instance_in_order', key: { platform: 1, instanceId: 1, at: 1, _id: 1 } },
    ]);
    await drop(events, ['of_an_instance']);
  },
};

/** Those of some indexes that there still are. */
async function drop(collection: Collection, names: readonly string[]): Promise<void> {
  const there = new Set((await collection.indexes()).map(({ name }) => name));
  for (const name of names.filter((each) => there.has(each))) await collection.dropIndex(name);
}
