import type { Request } from 'express';
import type { z } from 'zod';
import type {
  BindingAddress,
  BindRequest,
  DeprovisionRequest,
  InstanceAddress,
  LastOperationRequest,
  ProvisionRequest,
  UnbindRequest,
} from '../brokering/requests.js';
import { EdgeRefusal } from './errors.js';
import { apiVersionOf, callerOf } from './request-context.js';
import { bindBody, provisionBody, soldQuery } from './request-schemas.js';
import { behaviourSince } from './versions.js';

/*
 * The order of checks. Every request has passed those in `http.ts`: authentication 401, API version 412, a body that
 * is JSON 400. Then each verb checks as its function here reads from the top; then `brokering` does: existence
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

export function bindRequest(http: Request): BindRequest {
  const body = jsonObject(http);
  mustAcceptIncompleteOfBindings(http);
  const fields = parse(bindBody, body);
  const appGuid = fields.bind_resource?.app_guid ?? fields.app_guid;
  return {
    ...bindingAddress(http),
    serviceId: fields.service_id,
    planId: fields.plan_id,
    ...(typeof appGuid === 'string' && { appGuid }),
    bindResource: fields.bind_resource ?? {},
    context: fields.context ?? {},
    parameters: fields.parameters ?? {},
  };
}

export function unbindRequest(http: Request): UnbindRequest {
  mustAcceptIncompleteOfBindings(http);
  // An unknown binding comes before a missing parameter: brokering refuses ids that name nothing after it looked.
  const { service_id, plan_id } = http.query;
  return {
    ...bindingAddress(http),
    ...(typeof service_id === 'string' && { serviceId: service_id }),
    ...(typeof plan_id === 'string' && { planId: plan_id }),
  };
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

/** Deeper than any parameter schema, and less deep than what the store takes. */
const deepest = 64;

function jsonObject(http: Request): object {
  const body: unknown = http.body ?? {};
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new EdgeRefusal('malformed', 'The body must be a JSON object.');
  }
  refuseWhatCannotBeStored(body, 0);
  return body;
}

function refuseWhatCannotBeStored(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth === deepest) throw new EdgeRefusal('malformed', `The body is nested more than ${deepest} levels deep.`);
  for (const [name, child] of Object.entries(value)) {
    if (name.includes('\0')) throw new EdgeRefusal('malformed', 'A field name in the body holds a NUL character.');
    refuseWhatCannotBeStored(child, depth + 1);
  }
}

/** OSB › Asynchronous Operations */
function mustAcceptIncomplete(http: Request): void {
  if (http.query.accepts_incomplete !== 'true') {
    throw new EdgeRefusal('async-required', 'This takes longer than one request: send accepts_incomplete=true.');
  }
}

function mustAcceptIncompleteOfBindings(http: Request): void {
  if (apiVersionOf(http) < behaviourSince.asynchronousBindings) {
    throw new EdgeRefusal('async-required', 'Bindings are made asynchronously, which needs API version 2.14 or newer.');
  }
  mustAcceptIncomplete(http);
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const reasons = result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new EdgeRefusal('malformed', `${reasons.join('; ')}.`);
}
