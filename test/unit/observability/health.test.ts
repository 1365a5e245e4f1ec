import { expect, test } from 'vitest';
import { overall } from '../../../src/observability/health.js';

const up = { status: 'up' } as const;
const down = { status: 'down', reason: 'refused' } as const;

test.each([
  [{ store: up, redis: up, kubernetes: up }, 'ok'],
  [{ store: up, redis: down, kubernetes: up }, 'degraded'],
  [{ store: up, redis: down, kubernetes: down }, 'degraded'],
  [{ store: down, redis: up, kubernetes: up }, 'down'],
  [{ store: down, redis: down, kubernetes: down }, 'down'],
])('%j is %s', (results, expected) => {
  expect(overall(results)).toBe(expected);
});
