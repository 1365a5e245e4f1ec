import type { Request } from 'express';
import type { z } from 'zod';
import type {
  BindingAddress,
  BindRequest,
  DeprovisionRequest,
  InstanceAddress,
  LastOperationRequest,
  NewBinding,
  Patience,
  ProvisionRequest,
  Successor,
  UnbindRequest,
  UpdateRequest,
} from '../brokering/requests.js';
import { EdgeRefusal } from './errors.js';
import { apiVersionOf, callerOf } from './request-context.js';
import { bindBody, provisionBody, rotateBody, soldQuery, updateBody } from './request-schemas.js';
import { whyNotStorable } from './storable.js';
import { behaviourSince, knownFields } from './versions.js';

/*
 * The order of checks. Every request has passed those in `http.ts`: authentication 401, right 403, rate 429, API
 * version 412, a body that is JSON 400. Then each verb checks as its function here reads from the top; then `brokering` does: existence
 * 404/410, catalog ids 400, parameter schema 400, maintenance_info 422, identity 200/202/409, concurrency 422.
 */

export function provisionRequest(http: Request): ProvisionRequest {
  const body = jsonObject(http);
  mustAcceptIncomplete(http);
  const fields = parse(provisionBody, body);
  const maintenanceInfoVersion = fields.maintenance_info?.version;
  return {
    ...instanceAddress(http),
    serviceId: fields.service_id,
    planId: fields.plan_id,
    organizationGuid: fields.organization_guid,
    spaceGuid: fields.space_guid,
    context: fields.context ?? {},
    parameters: fields.parameters ?? {},
    ...(maintenanceInfoVersion != null && { maintenanceInfoVersion }),
  };
}

export function deprovisionRequest(http: Request): DeprovisionRequest {
  mustAcceptIncomplete(http);
  const { service_id, plan_id } = parse(soldQuery, http.query);
  return { ...instanceAddress(http), serviceId: service_id, planId: plan_id };
}

export function updateRequest(http: Request): UpdateRequest {
  const body = jsonObject(http);
  const changesContextOnly = !mayPoll(http) && hasContextOnly(body);
  if (!changesContextOnly) mustAcceptIncomplete(http);
  const fields = parse(updateBody, body);
  const maintenanceInfoVersion = fields.maintenance_info?.version;
  return {
    ...instanceAddress(http),
    serviceId: fields.service_id,
    ...(fields.plan_id != null && !changesContextOnly && { planId: fields.plan_id }),
    ...(fields.parameters && { parameters: fields.parameters }),
    ...(fields.context && { context: fields.context }),
    ...(maintenanceInfoVersion != null && { maintenanceInfoVersion }),
  };
}

/** Cloud Foundry names the plan also where it stays: then it is that of the previous values. */
function hasContextOnly(body: object): boolean {
  const { plan_id, parameters, maintenance_info, previous_values } = body as Readonly<Record<string, unknown>>;
  if (parameters != null || maintenance_info != null) return false;
  return plan_id == null || plan_id === (previous_values as { readonly plan_id?: unknown } | undefined | null)?.plan_id;
}

export function bindRequest(http: Request): BindRequest {
  const body = jsonObject(http);
  const { predecessor_binding_id: predecessor } = body as { readonly predecessor_binding_id?: unknown };
  return { ...bindingAddress(http), ...(predecessor == null ? newBinding(body) : successor(body)) };
}

function newBinding(body: object): NewBinding {
  const fields = parse(bindBody, body);
  const appGuid = fields.bind_resource?.app_guid ?? fields.app_guid;
  return {
    kind: 'new',
    serviceId: fields.service_id,
    planId: fields.plan_id,
    ...(typeof appGuid === 'string' && { appGuid }),
    bindResource: fields.bind_resource ?? {},
    context: fields.context ?? {},
    parameters: fields.parameters ?? {},
  };
}

/** OSB › Binding Rotation: everything else that is sent is the predecessor's. */
function successor(body: object): Successor {
  return { kind: 'successor', predecessorBindingId: parse(rotateBody, body).predecessor_binding_id };
}

export function unbindRequest(http: Request): UnbindRequest {
  // An unknown binding comes before a missing parameter: brokering refuses ids that name nothing after it looked.
  const { service_id, plan_id } = http.query;
  return {
    ...bindingAddress(http),
    ...(typeof service_id === 'string' && { serviceId: service_id }),
    ...(typeof plan_id === 'string' && { planId: plan_id }),
  };
}

/** Of binds and unbinds: every platform can have them within the request, those that poll need not. */
export function patienceOf(http: Request): Patience {
  const pollsBindings = apiVersionOf(http) >= behaviourSince.asynchronousBindings;
  return { otherwise: pollsBindings && mayPoll(http) ? 'continue' : 'halt' };
}

/** `service_id`, `plan_id` and `operation` of these requests are hints: whatever they are, the request works. */
export function lastOperationRequest(http: Request): LastOperationRequest {
  const { operation } = http.query;
  return typeof operation === 'string' && operation !== '' ? { operation } : {};
}

export function instanceAddress(http: Request): InstanceAddress {
  return { caller: callerOf(http), instanceId: String(http.params.instance_id) };
}

export function bindingAddress(http: Request): BindingAddress {
  return { ...instanceAddress(http), bindingId: String(http.params.binding_id) };
}

/** What the platform can mean by the body. */
function jsonObject(http: Request): object {
  const body: unknown = http.body ?? {};
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new EdgeRefusal('malformed', 'The body must be a JSON object.');
  }
  const reason = whyNotStorable(body);
  if (reason !== undefined) throw new EdgeRefusal('malformed', `The body cannot be taken: ${reason}.`);
  return knownFields(body, apiVersionOf(http));
}

const mayPoll = (http: Request): boolean => http.query.accepts_incomplete === 'true';

/** OSB › Asynchronous Operations */
function mustAcceptIncomplete(http: Request): void {
  if (!mayPoll(http)) {
    throw new EdgeRefusal('async-required', 'This takes longer than one request: send accepts_incomplete=true.');
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const reasons = result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new EdgeRefusal('malformed', `${reasons.join('; ')}.`);
}
