import type { Migration } from '../src/store/migrate.js';

/** What the operators' API looks for, in the order in which it tells it. */
export const operators: Migration = {
  id: '0004-operators',
  async up(database) {
    await database.collection('service_instances').createIndexes([
      { name: 'living', key: { living: 1, _id: 1 } },
      { name: 'of_a_platform', key: { platform: 1, living: 1, _id: 1 } },
      { name: 'of_a_plan', key: { planId: 1, living: 1, _id: 1 } },
      { name: 'in_a_phase', key: { phase: 1, living: 1, _id: 1 } },
    ]);
    await database
      .collection('service_bindings')
      .createIndexes([{ name: 'all_of_an_instance', key: { instance: 1, _id: 1 } }]);
    await database.collection('operations').createIndexes([
      { name: 'newest', key: { acceptedAt: -1, _id: -1 } },
      { name: 'newest_in_a_state', key: { state: 1, acceptedAt: -1, _id: -1 } },
      { name: 'newest_of_an_instance', key: { instance: 1, acceptedAt: -1, _id: -1 } },
    ]);
    await database.collection('audit_events').createIndexes([
      { name: 'in_order', key: { at: 1, _id: 1 } },
      { name: 'of_a_platform', key: { platform: 1, at: 1, _id: 1 } },
      { name: 'of_an_id', key: { instanceId: 1, at: 1, _id: 1 } },
    ]);
  },
};
