import type { OperationRecord } from '../store/records.js';
import type { LastOperation } from './requests.js';

const states = {
  queued: 'in progress',
  running: 'in progress',
  succeeded: 'succeeded',
  failed: 'failed',
  superseded: 'failed',
} as const;

/** Seconds: while an operation runs its steps, and while it waits in line. */
const retryAfter = { running: 1, queued: 5 };

/** OSB › Polling Last Operation: what the store knows, in the specification's words. */
export function tellOperation(operation: OperationRecord): LastOperation {
  const { state, progress } = operation;
  const told = { state: states[state], description: progress };
  if (state === 'running' || state === 'queued') return { ...told, retryAfter: retryAfter[state] };
  return told;
}

/** Whether something deleted at `deletedAt` is still answered as deleted, before it is answered as unknown. */
export function isRemembered(deletedAt: Date | undefined, graceSeconds: number, now: Date): boolean {
  return deletedAt !== undefined && now.getTime() - deletedAt.getTime() < graceSeconds * 1_000;
}
