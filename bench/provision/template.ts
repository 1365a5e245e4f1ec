import { readCatalog } from '../../src/catalog/read-catalog.js';
import type { ReplicaSetTemplate, Template } from '../../src/services/mongodb/template.js';
import { createServices } from '../../src/services/registry.js';
import { admin } from '../../test/support/admin-cluster.js';
import { required } from '../../test/support/scratch.js';

/** What the catalog that brokers here sell from says of a plan's replica sets. */
export function templateOf(planName: string): ReplicaSetTemplate {
  const parts = { cluster: admin, brokerId: 'bench', clusterDomain: 'cluster.local', certificateDays: 90 };
  const services = createServices({ ...parts, memberAccess: 'direct' });
  const catalog = readCatalog(
    required('HOLDFAST_CATALOG'),
    new Map(services.map((service) => [service.name, service])),
  );
  const plans = catalog.offerings.flatMap((offering) => offering.plans);
  const template = plans.find(({ name }) => name === planName)?.template as Template | undefined;
  if (template?.topology !== 'replica-set') throw new Error(`the catalog has no replica set ${planName}`);
  return template;
}
