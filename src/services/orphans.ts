import type { Cluster } from '../kubernetes/cluster.js';
import { brokerLabel, instanceLabel, managedBy, managedByLabel } from '../kubernetes/labels.js';
import type { Logger } from '../observability/logger.js';
import type { ReconcilerTask } from '../operations/reconciler.js';

/** Longer than a request to the API server takes. */
const listMilliseconds = 15_000;

/**
 * Tells the operators of namespaces of ours that no living instance owns.
 * @param livingAmong those of some internal ids that are of living instances
 */
export function reportOrphans(
  cluster: Cluster,
  livingAmong: (ids: readonly string[]) => Promise<ReadonlySet<string>>,
  brokerId: string,
  log: Logger,
): ReconcilerTask {
  return {
    name: 'report-orphans',
    everyMilliseconds: 60_000,
    async run() {
      const ours = { [managedByLabel]: managedBy, [brokerLabel]: brokerId };
      const namespaces = await cluster.list(
        { apiVersion: 'v1', kind: 'Namespace' },
        { labels: ours },
        AbortSignal.timeout(listMilliseconds),
      );
      const owners = namespaces.map(({ metadata }) => metadata?.labels?.[instanceLabel] ?? '');
      // Asked after the namespaces: an instance is in the store before its namespace is in the cluster.
      const living = await livingAmong(owners);
      for (const [index, { metadata }] of namespaces.entries()) {
        const instance = owners[index] ?? '';
        if (!living.has(instance)) log.warn({ namespace: metadata?.name, instance }, 'no instance owns this namespace');
      }
    },
  };
}
