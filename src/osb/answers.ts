import type { Response } from 'express';
import type { Accepted, BindingView, InstanceView, LastOperation } from '../brokering/requests.js';
import { type ApiVersion, behaviourSince, visible } from './versions.js';

/** 202, whether it was accepted now or runs already. */
export function accepted(response: Response, { operation }: Accepted): object {
  response.status(202);
  return { operation };
}

/** OSB › Polling Last Operation */
export function lastOperation(response: Response, last: LastOperation, version: ApiVersion): object {
  if (last.retryAfter !== undefined && version >= behaviourSince.retryAfter) {
    response.set('Retry-After', String(Math.ceil(last.retryAfter)));
  }
  return { state: last.state, description: last.description };
}

/** OSB › Fetching a Service Instance */
export function serviceInstance(view: InstanceView, version: ApiVersion): object {
  const fields = {
    service_id: view.serviceId,
    plan_id: view.planId,
    parameters: view.parameters,
    ...(view.maintenanceInfoVersion !== undefined && { maintenance_info: { version: view.maintenanceInfoVersion } }),
  };
  return visible('instance', fields, version);
}

/** OSB › Binding, its answer where the binding exists. */
export function bound({ credentials, endpoints }: BindingView, version: ApiVersion): object {
  return visible('binding', { credentials, endpoints }, version);
}

/** OSB › Fetching a Service Binding */
export function serviceBinding(view: BindingView, version: ApiVersion): object {
  return { ...bound(view, version), parameters: view.parameters };
}
