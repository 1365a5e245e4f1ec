import type { ServiceInstanceRecord } from '../store/records.js';
import { type DeleteDecision, refuse } from './decision.js';
import { mismatchOf } from './offer-ids.js';
import type { DeprovisionRequest } from './requests.js';

/**
 * OSB › Deprovisioning. A DELETE ends a provision that runs, and goes on from whatever that has made. An update is
 * waited for.
 */
export function decideDeprovision(
  request: DeprovisionRequest,
  existing: ServiceInstanceRecord | undefined,
): DeleteDecision<{ existing: ServiceInstanceRecord }> {
  if (!existing) return refuse('gone', 'there is no instance of this id');
  const mismatch = mismatchOf(request, existing);
  if (mismatch) return refuse('invalid', mismatch);
  if (existing.phase === 'updating') return refuse('concurrency', 'the instance is being updated');
  if (existing.phase === 'deleting') return { kind: 'in progress', operation: existing.lastOperation };
  return { kind: 'accept', existing };
}
