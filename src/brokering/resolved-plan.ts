import type { Plan } from '../catalog/catalog.js';
import type { ResolvedPlan } from '../store/records.js';

/** What an instance keeps of its plan: the catalog may change later. */
export function resolve(plan: Plan, templateVersion: number): ResolvedPlan {
  return {
    name: plan.name,
    template: plan.template,
    templateVersion,
    maximumPollingDuration: plan.maximumPollingDuration,
    ...(plan.maintenanceInfo && { maintenanceInfoVersion: plan.maintenanceInfo.version }),
  };
}
