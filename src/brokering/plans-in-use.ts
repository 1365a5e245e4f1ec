import type { Catalog } from '../catalog/catalog.js';
import { StartError } from '../start-error.js';

/**
 * OSB › Catalog: plans in use must not go away.
 * @throws StartError that names each service and plan that living instances have and the catalog misses
 */
export function refuseMissingPlans(
  catalog: Catalog,
  inUse: readonly { readonly serviceId: string; readonly planId: string }[],
): void {
  const missing = inUse.filter(({ serviceId, planId }) => !catalog.find(serviceId, planId));
  if (missing.length === 0) return;
  const names = missing.map(({ serviceId, planId }) => `service_id ${serviceId} plan_id ${planId}`);
  throw new StartError(names.map((name) => `HOLDFAST_CATALOG misses a plan that instances have, put it back: ${name}`));
}
