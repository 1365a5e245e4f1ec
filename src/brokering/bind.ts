import { isDeepStrictEqual } from 'node:util';
import type { Sold } from '../catalog/catalog.js';
import type { JsonObject } from '../services/service.js';
import type { ServiceBindingRecord, ServiceInstanceRecord } from '../store/records.js';
import { type Decision, refuse } from './decision.js';
import { mismatchOf } from './offer-ids.js';
import type { BindRequest, NewBinding } from './requests.js';

/** A stored binding with its parameters opened. */
export interface OpenBinding {
  readonly record: ServiceBindingRecord;
  readonly parameters: JsonObject;
}

export interface BindView {
  /** What the catalog has under the requested ids; for a successor, under the instance's. */
  readonly sold: Sold | undefined;
  /** The living instance of the requested id. */
  readonly instance: ServiceInstanceRecord | undefined;
  /** The platform's living binding of the requested id, of whichever instance. */
  readonly existing: OpenBinding | undefined;
  /** The living binding that a successor is asked for of, of whichever instance. */
  readonly predecessor: OpenBinding | undefined;
  readonly now: Date;
}

/** A binding as it is to be. */
export type WantedBinding = Omit<NewBinding, 'kind'> & { readonly predecessor?: string };

type AcceptedBinding = { readonly instance: ServiceInstanceRecord; readonly wanted: WantedBinding };

/** OSB › Binding, Binding Rotation. The checks stand in the order in which platforms may rely on them. */
export function decideBind(request: BindRequest, view: BindView): Decision<AcceptedBinding> {
  const { sold, instance, existing } = view;
  if (!instance) return refuse('absent', 'there is no instance of this id');
  if (!sold) return refuse('invalid', 'the catalog has no such service_id and plan_id');
  const wanted = request.kind === 'new' ? newBinding(request) : successor(request.predecessorBindingId, instance, view);
  if (typeof wanted === 'string') return refuse('invalid', wanted);
  const mismatch = mismatchOf(wanted, instance);
  if (mismatch) return refuse('invalid', mismatch);
  if (!sold.plan.bindable) return refuse('invalid', `instances of plan ${sold.plan.name} cannot be bound`);

  const wrong = sold.plan.validateBindParameters(wanted.parameters);
  if (wrong.length > 0) return refuse('invalid', wrong.join('; '));

  if (existing) return decideAgain(wanted, instance, existing);
  if (instance.phase === 'creating') return refuse('concurrency', 'the instance is still being created');
  if (instance.phase === 'updating') return refuse('concurrency', 'the instance is being updated');
  if (instance.phase === 'deleting') return refuse('concurrency', 'the instance is being deleted');
  if (instance.phase !== 'ready') return refuse('unprocessable', 'the instance has failed and cannot be bound');
  return { kind: 'accept', instance, wanted };
}

function decideAgain(
  wanted: WantedBinding,
  instance: ServiceInstanceRecord,
  { record, parameters }: OpenBinding,
): Decision<AcceptedBinding> {
  if (record.phase === 'deleting') return refuse('concurrency', 'the binding of this id is being deleted');
  const difference = differenceOf(wanted, instance, record, parameters);
  if (difference) return refuse('conflict', `a binding of this id exists with another ${difference}`);
  switch (record.phase) {
    case 'creating':
      return { kind: 'in progress', operation: record.lastOperation };
    case 'ready':
      return { kind: 'unchanged' };
    case 'expiring':
    case 'expired':
      return refuse('conflict', 'the binding of this id has expired: delete it');
    default:
      return refuse('conflict', 'the binding of this id has failed: delete it first');
  }
}

function newBinding({ serviceId, planId, appGuid, bindResource, context, parameters }: NewBinding): WantedBinding {
  const app = appGuid === undefined ? {} : { appGuid };
  return { serviceId, planId, ...app, bindResource, context, parameters };
}

/** Everything of the predecessor but its secrets, or why there is no such thing. */
function successor(
  predecessorId: string,
  instance: ServiceInstanceRecord,
  { sold, existing, predecessor, now }: BindView,
): WantedBinding | string {
  if (!sold?.plan.bindingRotatable) return 'bindings of this plan cannot be rotated';
  // Asked for again: the predecessor may have gone since.
  if (existing?.record.instance === instance._id && existing.record.predecessor === predecessorId) {
    return inherit(existing, predecessorId);
  }
  if (predecessor?.record.instance !== instance._id) {
    return `predecessor_binding_id ${predecessorId} is no binding of the instance`;
  }
  const { phase, expiresAt } = predecessor.record;
  if (phase !== 'ready') return `predecessor_binding_id ${predecessorId} is no binding that is in use`;
  if (expiresAt && expiresAt <= now) return `predecessor_binding_id ${predecessorId} has expired`;
  return inherit(predecessor, predecessorId);
}

function inherit({ record, parameters }: OpenBinding, predecessor: string): WantedBinding {
  const { serviceId, planId, appGuid, bindResource, context } = record;
  const app = appGuid === undefined ? {} : { appGuid };
  return { serviceId, planId, ...app, bindResource, context, parameters, predecessor };
}

function differenceOf(
  wanted: WantedBinding,
  instance: ServiceInstanceRecord,
  record: ServiceBindingRecord,
  parameters: JsonObject,
): string | undefined {
  if (record.instance !== instance._id) return 'instance';
  if (wanted.predecessor !== record.predecessor) return 'predecessor_binding_id';
  if (wanted.appGuid !== record.appGuid) return 'app_guid';
  if (!isDeepStrictEqual(wanted.bindResource, record.bindResource)) return 'bind_resource';
  return isDeepStrictEqual(wanted.parameters, parameters) ? undefined : 'value of parameters';
}
