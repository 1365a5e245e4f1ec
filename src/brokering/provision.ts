import { isDeepStrictEqual } from 'node:util';
import type { Sold } from '../catalog/catalog.js';
import type { JsonObject } from '../services/service.js';
import type { ServiceInstanceRecord } from '../store/records.js';
import { type Decision, refuse } from './decision.js';
import type { ProvisionRequest } from './requests.js';

export interface ProvisionView {
  /** What the catalog has under the requested ids. */
  readonly sold: Sold | undefined;
  /** The living instance of the requested id. */
  readonly existing: { readonly record: ServiceInstanceRecord; readonly parameters: JsonObject } | undefined;
}

/** OSB › Provisioning. The checks stand in the order in which platforms may rely on them. */
export function decideProvision(
  request: ProvisionRequest,
  { sold, existing }: ProvisionView,
): Decision<{ sold: Sold }> {
  if (!sold) return refuse('invalid', 'the catalog has no such service_id and plan_id');

  const wrong = sold.plan.validateProvisionParameters(request.parameters);
  if (wrong.length > 0) return refuse('invalid', wrong.join('; '));

  const offered = sold.plan.maintenanceInfo?.version;
  const asked = request.maintenanceInfoVersion;
  if (asked !== undefined && asked !== offered) {
    const now = offered === undefined ? 'the plan has none' : `the catalog's is ${offered}`;
    return refuse('maintenance-info', `maintenance_info.version is ${asked}, ${now}: fetch the catalog again`);
  }

  if (!existing) return { kind: 'accept', sold };
  const { record } = existing;
  if (record.phase === 'deleting') return refuse('concurrency', 'the instance of this id is being deleted');
  const difference = differenceOf(request, record, existing.parameters);
  if (difference) return refuse('conflict', `an instance of this id exists with another ${difference}`);
  if (record.phase === 'creating') return { kind: 'in progress', operation: record.lastOperation };
  if (record.phase === 'ready' || record.phase === 'updating') return { kind: 'unchanged' };
  return refuse('conflict', 'the instance of this id has failed: delete it first');
}

function differenceOf(
  request: ProvisionRequest,
  record: ServiceInstanceRecord,
  parameters: JsonObject,
): string | undefined {
  if (request.serviceId !== record.serviceId) return 'service_id';
  if (request.planId !== record.planId) return 'plan_id';
  if (request.organizationGuid !== record.organizationGuid) return 'organization_guid';
  if (request.spaceGuid !== record.spaceGuid) return 'space_guid';
  return isDeepStrictEqual(request.parameters, parameters) ? undefined : 'value of parameters';
}
