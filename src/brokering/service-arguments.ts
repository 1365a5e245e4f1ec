import type { Binding, Instance, JsonObject } from '../services/service.js';
import type { ServiceBindingRecord, ServiceInstanceRecord } from '../store/records.js';

/** A stored instance as its service is told of it. */
export function instanceOf<Secrets>(
  record: ServiceInstanceRecord,
  parameters: JsonObject,
  secrets: Secrets,
): Instance<JsonObject, Secrets> {
  const { _id, platform, instanceId, plan } = record;
  return { id: _id, owner: { platform, instanceId }, template: plan.template, parameters, secrets };
}

/** A stored binding as its service is told of it. */
export function bindingOf<Secrets>(
  record: ServiceBindingRecord,
  parameters: JsonObject,
  secrets: Secrets,
): Binding<Secrets> {
  return { id: record._id, parameters, context: record.context, secrets };
}
