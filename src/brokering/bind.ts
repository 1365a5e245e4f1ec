import { isDeepStrictEqual } from 'node:util';
import type { Sold } from '../catalog/catalog.js';
import type { JsonObject } from '../services/service.js';
import type { ServiceBindingRecord, ServiceInstanceRecord } from '../store/records.js';
import { type Decision, refuse } from './decision.js';
import { mismatchOf } from './offer-ids.js';
import type { BindRequest } from './requests.js';

export interface BindView {
  readonly sold: Sold | undefined;
  /** The living instance of the requested id. */
  readonly instance: ServiceInstanceRecord | undefined;
  /** The platform's living binding of the requested id, of whichever instance. */
  readonly existing: { readonly record: ServiceBindingRecord; readonly parameters: JsonObject } | undefined;
}

/** OSB › Binding. The checks stand in the order in which platforms may rely on them. */
export function decideBind(
  request: BindRequest,
  { sold, instance, existing }: BindView,
): Decision<{ instance: ServiceInstanceRecord }> {
  if (!instance) return refuse('absent', 'there is no instance of this id');
  if (!sold) return refuse('invalid', 'the catalog has no such service_id and plan_id');
  const mismatch = mismatchOf(request, instance);
  if (mismatch) return refuse('invalid', mismatch);
  if (!sold.plan.bindable) return refuse('invalid', `instances of plan ${sold.plan.name} cannot be bound`);

  const wrong = sold.plan.validateBindParameters(request.parameters);
  if (wrong.length > 0) return refuse('invalid', wrong.join('; '));

  if (existing) {
    const { record } = existing;
    if (record.phase === 'deleting') return refuse('concurrency', 'the binding of this id is being deleted');
    const difference = differenceOf(request, instance, record, existing.parameters);
    if (difference) return refuse('conflict', `a binding of this id exists with another ${difference}`);
    if (record.phase === 'creating') return { kind: 'in progress', operation: record.lastOperation };
    if (record.phase === 'ready') return { kind: 'unchanged' };
    return refuse('conflict', 'the binding of this id has failed: delete it first');
  }

  if (instance.phase === 'creating') return refuse('concurrency', 'the instance is still being created');
  if (instance.phase === 'deleting') return refuse('concurrency', 'the instance is being deleted');
  if (instance.phase !== 'ready') return refuse('unprocessable', 'the instance has failed and cannot be bound');
  return { kind: 'accept', instance };
}

function differenceOf(
  request: BindRequest,
  instance: ServiceInstanceRecord,
  record: ServiceBindingRecord,
  parameters: JsonObject,
): string | undefined {
  if (record.instance !== instance._id) return 'instance';
  if (request.appGuid !== record.appGuid) return 'app_guid';
  if (!isDeepStrictEqual(request.bindResource, record.bindResource)) return 'bind_resource';
  return isDeepStrictEqual(request.parameters, parameters) ? undefined : 'value of parameters';
}
