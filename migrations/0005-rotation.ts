import type { Migration } from '../src/store/migrate.js';

export const rotation: Migration = {
  id: '0005-rotation',
  async up(database) {
    await database.collection('service_instances').createIndexes([
      {
        name: 'next_rotation',
        key: { 'nextRotation.at': 1 },
        partialFilterExpression: { living: true, 'nextRotation.at': { $exists: true } },
      },
    ]);
  },
};
