import type { Migration } from '../src/store/migrate.js';

export const initial: Migration = {
  id: '0001-initial',
  async up(database) {
    await database.collection('service_instances').createIndexes([
      {
        name: 'one_living_instance_an_id',
        key: { platform: 1, instanceId: 1 },
        unique: true,
        partialFilterExpression: { living: true },
      },
      { name: 'newest_of_an_id', key: { platform: 1, instanceId: 1, createdAt: -1 } },
      { name: 'plans_in_use', key: { serviceId: 1, planId: 1 }, partialFilterExpression: { living: true } },
    ]);
    await database.collection('service_bindings').createIndexes([
      {
        name: 'one_living_binding_an_id',
        key: { platform: 1, bindingId: 1 },
        unique: true,
        partialFilterExpression: { living: true },
      },
      { name: 'newest_of_an_id', key: { platform: 1, bindingId: 1, createdAt: -1 } },
      { name: 'of_an_instance', key: { instance: 1, living: 1 } },
    ]);
    await database.collection('operations').createIndexes([
      {
        name: 'one_active_operation_a_subject',
        key: { subject: 1 },
        unique: true,
        partialFilterExpression: { active: true },
      },
      {
        name: 'one_operation_a_slot',
        key: { slot: 1 },
        unique: true,
        partialFilterExpression: { slot: { $exists: true } },
      },
      { name: 'active_by_wake_up', key: { wakeAt: 1 }, partialFilterExpression: { active: true } },
      { name: 'active_by_deadline', key: { deadline: 1 }, partialFilterExpression: { active: true } },
      { name: 'queued_in_order', key: { acceptedAt: 1, _id: 1 }, partialFilterExpression: { state: 'queued' } },
      { name: 'active_of_an_instance', key: { instance: 1 }, partialFilterExpression: { active: true } },
      { name: 'leases_of_an_instance', key: { instance: 1, 'lease.until': -1 } },
    ]);
    await database.collection('audit_events').createIndexes([
      { name: 'of_an_instance', key: { platform: 1, instanceId: 1, at: 1 } },
      { name: 'of_an_operation', key: { operation: 1, at: 1 } },
    ]);
  },
};
