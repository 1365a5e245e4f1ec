import type { ServiceBindingRecord, ServiceInstanceRecord } from '../store/records.js';
import { type DeleteDecision, refuse } from './decision.js';
import { mismatchOf } from './offer-ids.js';
import type { UnbindRequest } from './requests.js';

/** What is there, both living. */
export interface UnbindView {
  readonly instance: ServiceInstanceRecord | undefined;
  readonly existing: ServiceBindingRecord | undefined;
}

/** OSB › Unbinding. A DELETE while the binding is being made ends that. */
export function decideUnbind(
  request: UnbindRequest,
  { instance, existing }: UnbindView,
): DeleteDecision<{ instance: ServiceInstanceRecord; existing: ServiceBindingRecord }> {
  if (!instance || !existing || existing.instance !== instance._id) {
    return refuse('gone', 'the instance has no binding of this id');
  }
  const mismatch = mismatchOf(request, instance);
  if (mismatch) return refuse('invalid', mismatch);
  if (instance.phase === 'deleting')
    return refuse('concurrency', 'the instance is being deleted, its bindings with it');
  if (existing.phase === 'deleting') return { kind: 'in progress', operation: existing.lastOperation };
  return { kind: 'accept', instance, existing };
}
