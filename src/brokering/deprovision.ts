import type { ServiceInstanceRecord } from '../store/records.js';
import { type DeleteDecision, refuse } from './decision.js';
import { mismatchOf } from './offer-ids.js';
import type { DeprovisionRequest } from './requests.js';

/**
 * OSB › Deprovisioning. A DELETE works at any moment: it ends what runs on the instance, and goes on from whatever
 * that has made.
 */
export function decideDeprovision(
  request: DeprovisionRequest,
  existing: ServiceInstanceRecord | undefined,
): DeleteDecision<{ existing: ServiceInstanceRecord }> {
  if (!existing) return refuse('gone', 'there is no instance of this id');
  const mismatch = mismatchOf(request, existing);
  if (mismatch) return refuse('invalid', mismatch);
  if (existing.phase === 'deleting') return { kind: 'in progress', operation: existing.lastOperation };
  return { kind: 'accept', existing };
}
