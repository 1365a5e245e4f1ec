import type { Binding, Instance, JsonObject, UnopenedInstance } from '../services/service.js';
import type { ServiceBindingRecord, ServiceInstanceRecord } from '../store/records.js';

/** A stored instance as its service is told of it. */
export function instanceOf<Secrets>(
  record: ServiceInstanceRecord,
  parameters: JsonObject,
  secrets: Secrets,
): Instance<JsonObject, Secrets> {
  return { ...unopenedInstanceOf(record), parameters, secrets };
}

/** The part of it that is not encrypted. */
export function unopenedInstanceOf(record: ServiceInstanceRecord): UnopenedInstance<JsonObject> {
  const { _id, platform, instanceId, plan, found } = record;
  return { id: _id, owner: { platform, instanceId }, template: plan.template, ...(found && { found }) };
}

/** A stored binding as its service is told of it. */
export function bindingOf<Secrets>(
  record: ServiceBindingRecord,
  parameters: JsonObject,
  secrets: Secrets,
): Binding<Secrets> {
  return { id: record._id, parameters, context: record.context, secrets };
}
