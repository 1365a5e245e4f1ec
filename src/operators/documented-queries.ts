import { phases, states } from './queries.js';

/* Query parameters, as the OpenAPI document has them. */

const paging = {
  after: { description: '`next` of the page before' },
  limit: { description: 'How many at most, 1 to 500; 100 where it is left out', example: '100' },
};
const platform = { description: 'Of this platform only' };

export const instancesQueries = {
  platform,
  phase: { description: `One of ${phases.join(', ')}; all living ones where it is left out` },
  plan_id: { description: 'Of this plan only' },
  ...paging,
};
export const operationsQueries = {
  state: { description: `One of ${states.join(', ')}; \`active\` is queued or running` },
  instance: { description: 'Internal id: those of this instance and its bindings only' },
  ...paging,
};
export const auditQueries = {
  platform,
  instance_id: { description: "The platform's id: about this instance only" },
  ...paging,
};
