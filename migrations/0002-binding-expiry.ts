import type { Migration } from '../src/store/migrate.js';

export const bindingExpiry: Migration = {
  id: '0002-binding-expiry',
  async up(database) {
    await database.collection('service_bindings').createIndexes([
      {
        name: 'expiring',
        key: { expiresAt: 1 },
        partialFilterExpression: { living: true, expiresAt: { $exists: true } },
      },
    ]);
  },
};
