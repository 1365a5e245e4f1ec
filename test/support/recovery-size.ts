import type { Mix } from './workload.js';

/** `RECOVERY=full`: everything, at its full numbers; otherwise what fits into `npm test`. */
export const isFull = process.env.RECOVERY === 'full';

/** Operations that run while something fails: ten of them in the full size. */
export const mix: Mix = isFull
  ? { developers: 3, replicaSets: 1, binds: 3, deprovisions: 3 }
  : { developers: 1, replicaSets: 0, binds: 1, deprovisions: 1 };

/** How long Kubernetes cannot be reached. */
export const outageSeconds = isFull ? 30 : 8;
