import { createHash } from 'node:crypto';
import type { Catalog, Offering, Plan } from '../catalog/catalog.js';
import { type ApiVersion, visible } from './versions.js';

/** OSB › Catalog Management, for platforms of one version. */
export interface CatalogDocument {
  readonly json: string;
  readonly etag: string;
}

export function catalogDocument(catalog: Catalog, version: ApiVersion): CatalogDocument {
  const json = JSON.stringify({ services: catalog.offerings.map((offering) => describeOffering(offering, version)) });
  return { json, etag: `"${createHash('sha256').update(json).digest('base64url')}"` };
}

function describeOffering(offering: Offering, version: ApiVersion): object {
  const fields = {
    name: offering.name,
    id: offering.id,
    description: offering.description,
    tags: offering.tags,
    bindable: offering.bindable,
    instances_retrievable: true,
    bindings_retrievable: true,
    plan_updateable: false,
    metadata: offering.metadata,
    plans: offering.plans.map((plan) => describePlan(plan, version)),
  };
  return visible('offering', fields, version);
}

function describePlan(plan: Plan, version: ApiVersion): object {
  const fields = {
    id: plan.id,
    name: plan.name,
    description: plan.description,
    metadata: plan.metadata,
    free: plan.free,
    bindable: plan.bindable,
    schemas: {
      service_instance: { create: { parameters: plan.schemas.provision } },
      service_binding: { create: { parameters: plan.schemas.bind } },
    },
    maximum_polling_duration: plan.maximumPollingDuration,
    maintenance_info: plan.maintenanceInfo,
  };
  return visible('plan', fields, version);
}
