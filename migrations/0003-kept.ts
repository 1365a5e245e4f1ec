import type { Migration } from '../src/store/migrate.js';

/** As they were at this migration: a later one adds those of what is sealed later. */
const sealed = [
  ['service_instances', 'parameters'],
  ['service_instances', 'secrets'],
  ['service_instances', 'update.parameters'],
  ['service_bindings', 'parameters'],
  ['service_bindings', 'secrets'],
  ['audit_keys', 'key'],
] as const;

export const kept: Migration = {
  id: '0003-kept',
  async up(database) {
    for (const [collection, path] of sealed) {
      const key = `${path}.key`;
      await database
        .collection(collection)
        .createIndexes([
          { name: `key_of_${path}`, key: { [key]: 1 }, partialFilterExpression: { [key]: { $exists: true } } },
        ]);
    }
    await database.collection('audit_events').createIndexes([{ name: 'in_order', key: { at: 1, _id: 1 } }]);
    await database.collection('audit_unsealed').createIndexes([{ name: 'in_order', key: { at: 1, _id: 1 } }]);
    // The store itself refuses to seal an event twice.
    await database
      .collection('audit_chain')
      .createIndexes([{ name: 'block_of_an_event', key: { 'events.id': 1 }, unique: true }]);
  },
};
