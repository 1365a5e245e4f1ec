import type { Catalog } from '../catalog/catalog.js';
import { tell } from '../observability/events.js';
import type { ReconcilerTask } from '../operations/reconciler.js';
import type { FiguresRepository } from '../store/figures.repository.js';

const everyMilliseconds = 30_000;
/** What was counted counts for so long: by then it was counted again, here or by another process. */
const validSeconds = 90;

/** How many instances there are of each plan, and in which phase. */
export function countInstances(figures: Pick<FiguresRepository, 'countInstances'>, catalog: Catalog): ReconcilerTask {
  const names = new Map(catalog.plans().map(({ offering, plan }) => [plan.id, [offering.name, plan.name]]));
  return {
    name: 'count-instances',
    everyMilliseconds,
    async run() {
      const counted = await figures.countInstances();
      const counts = counted.map(({ planId, phase, count }) => {
        // Another process may know a newer catalog.
        const [service = 'unknown', plan = planId] = names.get(planId) ?? [];
        return { service, plan, phase, count };
      });
      tell('instancesCounted', { counts, validSeconds });
      return 0;
    },
  };
}
