import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        test: {
          name: 'chart',
          include: ['test/chart/**/*.test.ts'],
          globalSetup: ['test/support/setup/chart-tools.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'services',
          include: ['test/operations/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          globalSetup: ['test/support/setup/services.ts'],
          testTimeout: 40_000,
          hookTimeout: 60_000,
          // Most of what they do is waiting.
          maxWorkers: 4,
        },
      },
      {
        test: {
          name: 'end-to-end',
          include: ['test/end-to-end/**/*.test.ts'],
          globalSetup: ['test/support/setup/cluster.ts', 'test/support/setup/chart.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'recovery',
          include: ['test/recovery/**/*.test.ts'],
          globalSetup: ['test/support/setup/cluster.ts', 'test/support/setup/recovery.ts'],
          testTimeout: 300_000,
          hookTimeout: 180_000,
          // At their full size one after the other: each takes what the machine has.
          maxWorkers: process.env.RECOVERY === 'full' ? 1 : 3,
          // Faults of different parts run side by side, and mostly wait.
          maxConcurrency: 8,
        },
      },
      { test: { name: 'rights', include: ['test/rights/**/*.test.ts'] } },
    ],
  },
});
