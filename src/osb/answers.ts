import type { Response } from 'express';
import type { Accepted, BindingView, Finished, InstanceView, LastOperation, Unchanged } from '../brokering/requests.js';
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
  const fields = {
    state: last.state,
    description: last.description,
    ...(last.instanceUsable !== undefined && { instance_usable: last.instanceUsable }),
    ...(last.updateRepeatable !== undefined && { update_repeatable: last.updateRepeatable }),
  };
  return visible('lastOperation', fields, version);
}

/** OSB › Fetching a Service Instance */
export function serviceInstance(view: InstanceView, version: ApiVersion): object {
  const fields = {
    service_id: view.serviceId,
    plan_id: view.planId,
    parameters: view.parameters,
    ...(view.maintenanceInfoVersion !== undefined && { maintenance_info: { version: view.maintenanceInfoVersion } }),
    metadata: view.metadata,
  };
  return visible('instance', fields, version);
}

/** OSB › Binding, its answer where the binding exists: 201 to who made it, 200 to who finds it. */
export function bound(
  response: Response,
  binding: BindingView,
  { kind }: Finished | Unchanged,
  version: ApiVersion,
): object {
  response.status(kind === 'finished' ? 201 : 200);
  return bindingFields(binding, version);
}

/** OSB › Fetching a Service Binding */
export function serviceBinding(view: BindingView, version: ApiVersion): object {
  return { ...bindingFields(view, version), parameters: view.parameters };
}

function bindingFields({ credentials, endpoints, metadata }: BindingView, version: ApiVersion): object {
  const fields = {
    credentials,
    endpoints,
    ...(metadata.expiresAt && { metadata: bindingMetadata(metadata.expiresAt, metadata.renewBefore) }),
  };
  return visible('binding', fields, version);
}

/** OSB › Binding Metadata Object */
function bindingMetadata(expiresAt: Date, renewBefore: Date | undefined): object {
  return { expires_at: timestamp(expiresAt), ...(renewBefore && { renew_before: timestamp(renewBefore) }) };
}

/** As the specification writes times: `yyyy-mm-ddThh:mm:ss.sZ`. Cut, since a binding may not seem to live longer. */
const timestamp = (time: Date): string => time.toISOString().replace(/\d\dZ$/, 'Z');
