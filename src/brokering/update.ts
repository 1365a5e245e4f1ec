import { isDeepStrictEqual } from 'node:util';
import type { Plan, Sold } from '../catalog/catalog.js';
import type { Form, JsonObject } from '../services/service.js';
import type { ResolvedPlan, ServiceInstanceRecord } from '../store/records.js';
import { type Decision, refuse } from './decision.js';
import type { UpdateRequest } from './requests.js';
import { resolve } from './resolved-plan.js';

export interface UpdateView {
  /** What the catalog has under the instance's own ids. */
  readonly current: Sold | undefined;
  /** What it has under the requested ids; where no plan is requested, as `current`. */
  readonly wanted: Sold | undefined;
  /** The living instance of the requested id; `pending` are the parameters of an update that runs. */
  readonly existing:
    | { readonly record: ServiceInstanceRecord; readonly parameters: JsonObject; readonly pending?: JsonObject }
    | undefined;
  /** Why the service cannot carry the change out. */
  readonly refusal: (from: Form<JsonObject>, to: Form<JsonObject>) => string | undefined;
}

/** What an instance is to be. */
export interface InstanceForm {
  readonly planId: string;
  readonly plan: ResolvedPlan;
  readonly parameters: JsonObject;
  readonly context: JsonObject;
}

/** `needsWork`: the service has something to do; otherwise it is enough to write it down. */
type AcceptedUpdate = {
  readonly record: ServiceInstanceRecord;
  readonly form: InstanceForm;
  readonly needsWork: boolean;
};

/** OSB › Updating a Service Instance. The checks stand in the order in which platforms may rely on them. */
export function decideUpdate(request: UpdateRequest, view: UpdateView): Decision<AcceptedUpdate> {
  const { current, wanted, existing } = view;
  if (!existing) return refuse('absent', 'there is no instance of this id');
  const { record, parameters } = existing;
  if (record.phase === 'creating') return refuse('concurrency', 'the instance is still being created');
  if (record.phase === 'deleting') return refuse('concurrency', 'the instance is being deleted');
  if (request.serviceId !== record.serviceId) {
    return refuse('invalid', `service_id is not that of the instance, ${record.serviceId}`);
  }
  if (!wanted || !current) return refuse('invalid', 'the catalog has no such service_id and plan_id');

  const wrong = wanted.plan.validateUpdateParameters(request.parameters ?? {});
  if (wrong.length > 0) return refuse('invalid', wrong.join('; '));
  const outdated = outdatedMaintenance(request, wanted.plan);
  if (outdated) return refuse('maintenance-info', outdated);

  if (wanted.plan.id !== record.planId && !current.plan.planUpdateable) {
    return refuse('unprocessable', `instances of plan ${current.plan.name} cannot change to another plan`);
  }
  const form = formOf(request, record, parameters, wanted);
  const isContextOnly = isDeepStrictEqual({ ...form, context: record.context }, formNow(record, parameters));
  if (isContextOnly && !isDeepStrictEqual(form.context, record.context) && !wanted.offering.allowContextUpdates) {
    return refuse('unprocessable', 'the context of an instance cannot be updated by itself');
  }
  if (record.phase === 'updating') return decideWhileUpdating(form, existing);
  if (record.phase === 'failed') return refuse('unprocessable', 'the instance has failed and can only be deleted');
  if (!record.unsettled && isDeepStrictEqual(form, formNow(record, parameters))) return { kind: 'unchanged' };

  const from = { template: record.plan.template, parameters };
  const to = { template: form.plan.template, parameters: form.parameters };
  // After an update that failed, another one repairs, be it back to what was.
  const needsWork = record.unsettled === true || !isDeepStrictEqual(from, to);
  if (needsWork && record.rotation?.operation !== undefined) {
    return refuse('concurrency', `the instance's ${record.rotation.what} are being rotated: try again in some minutes`);
  }
  const refusal = needsWork ? view.refusal(from, to) : undefined;
  return refusal === undefined ? { kind: 'accept', record, form, needsWork } : refuse('unprocessable', refusal);
}

/** The same update again is the one that runs; another one has to wait. */
function decideWhileUpdating(
  form: InstanceForm,
  { record, pending }: NonNullable<UpdateView['existing']>,
): Decision<AcceptedUpdate> {
  const { update } = record;
  const running = update && pending && { ...update, parameters: pending };
  return isDeepStrictEqual(form, running)
    ? { kind: 'in progress', operation: record.lastOperation }
    : refuse('concurrency', 'another update of the instance is running');
}

function outdatedMaintenance({ maintenanceInfoVersion: asked }: UpdateRequest, plan: Plan): string | undefined {
  const offered = plan.maintenanceInfo?.version;
  if (asked === undefined || asked === offered) return undefined;
  const now = offered === undefined ? 'the plan has none' : `the catalog's is ${offered}`;
  return `maintenance_info.version is ${asked}, ${now}: fetch the catalog again`;
}

function formOf(
  request: UpdateRequest,
  record: ServiceInstanceRecord,
  parameters: JsonObject,
  { offering, plan }: Sold,
): InstanceForm {
  // Only who asks for another plan, or for maintenance, gets what the catalog has now.
  const isRenewed =
    plan.id !== record.planId ||
    (request.maintenanceInfoVersion !== undefined &&
      request.maintenanceInfoVersion !== record.plan.maintenanceInfoVersion);
  return {
    planId: plan.id,
    plan: isRenewed ? resolve(plan, offering.service.templateVersion) : record.plan,
    parameters: { ...parameters, ...request.parameters },
    context: request.context ?? record.context,
  };
}

const formNow = ({ planId, plan, context }: ServiceInstanceRecord, parameters: JsonObject): InstanceForm => ({
  planId,
  plan,
  parameters,
  context,
});
