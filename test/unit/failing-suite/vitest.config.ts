import { defineConfig } from 'vitest/config';

/* Of test/unit/outcome-reporter.test.ts: every way to fail, and no suite of `npm test`. */
export default defineConfig({ test: { include: ['*.fails.ts'], testTimeout: 500, hookTimeout: 500 } });
