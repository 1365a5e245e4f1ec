import type { Strike } from '../support/fault-points.js';
import { processOf } from '../support/leases.js';
import type { OperationChange } from '../support/store-watch.js';

/** How long an operation stood still because a process was killed. */
export interface Resumption {
  readonly milliseconds: number;
  /** Whether the killed process held the operation's lease. */
  readonly isHeld: boolean;
}

/**
 * From the strike until a process takes the operation's lease.
 * @param changes of the operation
 * @returns nothing where it was not accepted yet, or was over
 */
export function resumptionOf({ pid, at }: Strike, changes: readonly OperationChange[]): Resumption | undefined {
  const since = changes.findIndex((change) => change.at.getTime() > at.getTime());
  const before = since < 0 ? changes : changes.slice(0, since);
  const next =
    since < 0 ? undefined : changes.slice(since).find(({ fields }) => typeof fields['lease.owner'] === 'string');
  if (!next || before.length === 0) return undefined;
  const owner = before.findLast(({ fields }) => 'lease.owner' in fields)?.fields['lease.owner'];
  return {
    milliseconds: next.at.getTime() - at.getTime(),
    isHeld: typeof owner === 'string' && processOf(owner) === pid,
  };
}
