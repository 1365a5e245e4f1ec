import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        test: {
          name: 'services',
          include: ['test/operations/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          globalSetup: ['test/support/setup/services.ts'],
          testTimeout: 40_000,
          hookTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'end-to-end',
          include: ['test/end-to-end/**/*.test.ts'],
          globalSetup: ['test/support/setup/cluster.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'recovery',
          include: ['test/recovery/**/*.test.ts'],
          globalSetup: ['test/support/setup/cluster.ts', 'test/support/setup/recovery.ts'],
          testTimeout: 300_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          // Faults of different parts run side by side, and mostly wait.
          maxConcurrency: 8,
        },
      },
    ],
  },
});
