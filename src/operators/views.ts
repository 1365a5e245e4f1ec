import type { BindingSummary, InstanceSummary } from '../store/operators.repository.js';
import type { AuditEventRecord, OperationRecord } from '../store/records.js';
import { cursorOf } from './cursor.js';

/* What operators are told. Each field is named here: what a record gets later is not told by itself. */

export function instanceView(instance: InstanceSummary): object {
  return {
    id: instance._id,
    platform: instance.platform,
    instance_id: instance.instanceId,
    phase: instance.phase,
    service: instance.service,
    service_id: instance.serviceId,
    plan_id: instance.planId,
    plan: instance.plan.name,
    organization_guid: instance.organizationGuid,
    space_guid: instance.spaceGuid,
    last_operation: instance.lastOperation,
    settled: instance.unsettled !== true,
    created_at: instance.createdAt.toISOString(),
    ...(instance.deletedAt && { deleted_at: instance.deletedAt.toISOString() }),
  };
}

export function bindingView(binding: BindingSummary): object {
  return {
    id: binding._id,
    binding_id: binding.bindingId,
    phase: binding.phase,
    ...(binding.appGuid !== undefined && { app_guid: binding.appGuid }),
    ...(binding.predecessor !== undefined && { predecessor_binding_id: binding.predecessor }),
    last_operation: binding.lastOperation,
    created_at: binding.createdAt.toISOString(),
    ...(binding.deletedAt && { deleted_at: binding.deletedAt.toISOString() }),
    ...(binding.expiresAt && { expires_at: binding.expiresAt.toISOString() }),
    ...(binding.renewBefore && { renew_before: binding.renewBefore.toISOString() }),
  };
}

export function operationView(operation: OperationRecord): object {
  const steps = Object.entries(operation.steps)
    .sort(([, a], [, b]) => a.endedAt.getTime() - b.endedAt.getTime())
    .map(([name, { startedAt, endedAt }]) => ({
      name,
      started_at: startedAt.toISOString(),
      ended_at: endedAt.toISOString(),
    }));
  return {
    id: operation._id,
    kind: operation.kind,
    state: operation.state,
    instance: operation.instance,
    ...(operation.binding !== undefined && { binding: operation.binding }),
    description: operation.progress,
    accepted_at: operation.acceptedAt.toISOString(),
    ...(operation.startedAt && { started_at: operation.startedAt.toISOString() }),
    ...(operation.endedAt && { ended_at: operation.endedAt.toISOString() }),
    deadline: operation.deadline.toISOString(),
    ...(operation.active && { wake_at: operation.wakeAt.toISOString(), pauses: operation.pauses }),
    ...(operation.active && operation.lease.owner !== null && { worker: operation.lease.owner }),
    steps,
  };
}

/** The audit holds nothing that is not to be told; a reader of it must see all of it. */
export function auditEventView({ _id, at, ...event }: AuditEventRecord): object {
  return { id: _id, at: at.toISOString(), ...snakeCase(event) };
}

/** Of the record's own fields, not of what platforms sent. */
function snakeCase(record: object): object {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}

/** A full page may have another after it. */
export function pageOf<Item>(
  name: string,
  items: readonly Item[],
  limit: number,
  view: (item: Item) => object,
  after: (last: Item) => string,
): object {
  const last = items.at(-1);
  return { [name]: items.map(view), ...(last !== undefined && items.length === limit && { next: after(last) }) };
}

export const afterOperation = ({ acceptedAt, _id }: OperationRecord): string => cursorOf({ at: acceptedAt, id: _id });
export const afterEvent = ({ at, _id }: AuditEventRecord): string => cursorOf({ at, id: _id });
