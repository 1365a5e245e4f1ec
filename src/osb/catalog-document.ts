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
    // Where a platform hears of nothing but the offering's, any plan's counts; an update that cannot be is refused.
    plan_updateable: offering.plans.some((plan) => plan.planUpdateable),
    allow_context_updates: offering.allowContextUpdates,
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
    plan_updateable: plan.planUpdateable,
    binding_rotatable: plan.bindingRotatable,
    schemas: {
      service_instance: {
        create: { parameters: plan.schemas.provision },
        update: { parameters: plan.schemas.update },
      },
      service_binding: { create: { parameters: plan.schemas.bind } },
    },
    maximum_polling_duration: plan.maximumPollingDuration,
    maintenance_info: plan.maintenanceInfo,
  };
  return visible('plan', fields, version);
}
