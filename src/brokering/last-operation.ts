import type { OperationKind, OperationRecord } from '../store/records.js';
import { mostAhead } from './queue-order.js';
import type { LastOperation } from './requests.js';

const states = {
  queued: 'in progress',
  running: 'in progress',
  succeeded: 'succeeded',
  failed: 'failed',
  superseded: 'failed',
} as const;

const queuedRetryAfter = 5;
const longestRetryAfter = 10;

/** OSB › Service Broker Errors: what a failure means for the instance. */
const consequences: Partial<Record<OperationKind, Pick<LastOperation, 'instanceUsable' | 'updateRepeatable'>>> = {
  update: { instanceUsable: true, updateRepeatable: true },
  // Some of it may be gone.
  deprovision: { instanceUsable: false },
};

export const waitingForTurn = 'waiting for other operations to end';

/**
 * OSB › Polling Last Operation: what the store knows, in the specification's words.
 * @param ahead how many come before it, where it is queued
 */
export function tellOperation(operation: OperationRecord, ahead = 0): LastOperation {
  const { state, progress } = operation;
  const told = { state: states[state], description: state === 'queued' ? describePlace(ahead) : progress };
  switch (told.state) {
    case 'in progress':
      return { ...told, retryAfter: retryAfterOf(operation) };
    case 'failed':
      return { ...told, ...consequences[operation.kind] };
    default:
      return told;
  }
}

function describePlace(ahead: number): string {
  if (ahead === 0) return `${waitingForTurn}: it is next`;
  return `${waitingForTurn}: ${ahead === mostAhead ? `${mostAhead} or more` : ahead} before it`;
}

/** Seconds. The longer an operation waits for one thing, the less often it is worth asking. */
function retryAfterOf({ state, pauses }: OperationRecord): number {
  return state === 'queued' ? queuedRetryAfter : Math.min(1 + pauses, longestRetryAfter);
}

/** Whether something deleted at `deletedAt` is still answered as deleted, before it is answered as unknown. */
export function isRemembered(deletedAt: Date | undefined, graceSeconds: number, now: Date): boolean {
  return deletedAt !== undefined && now.getTime() - deletedAt.getTime() < graceSeconds * 1_000;
}
