import type { Cluster, Kind } from '../kubernetes/cluster.js';
import { brokerLabel, instanceLabel, managedBy, managedByLabel } from '../kubernetes/labels.js';
import type { Logger } from '../observability/logger.js';
import type { ReconcilerTask } from '../operations/reconciler.js';

/** What the store knows, as far as it is compared with the cluster. */
export interface Stored {
  /** Internal ids of the instances that are in use: what they consist of is in the cluster. */
  idsInUse(): Promise<readonly string[]>;
  /** Those of some internal ids that are of living instances. */
  livingAmong(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Notes the namespaces that no instance owns; answers those that have been so for the grace time. */
  noteOrphans(namespaces: readonly string[], graceMilliseconds: number): Promise<ReadonlySet<string>>;
}

const namespaceKind = { apiVersion: 'v1', kind: 'Namespace' };
/** Every instance has some of each. */
const essentialKinds: readonly Kind[] = [namespaceKind, { apiVersion: 'apps/v1', kind: 'StatefulSet' }];

/** Longer than requests to the API server take. */
const roundMilliseconds = 60_000;
const longestPeriod = 600_000;

interface Found {
  readonly name: string;
  /** Internal id, `''` where the object does not tell. */
  readonly instance: string;
}

/**
 * Namespaces of ours that no living instance owns: each is reported, and removed after a grace time, because whoever
 * restored an older store wants its instances back.
 * @param graceSeconds 0 to remove none
 */
export function removeOrphans(
  cluster: Cluster,
  stored: Stored,
  { brokerId, graceSeconds }: { readonly brokerId: string; readonly graceSeconds: number },
  log: Logger,
): ReconcilerTask {
  return {
    name: 'remove-orphans',
    everyMilliseconds: graceSeconds === 0 ? longestPeriod : Math.min(longestPeriod, graceSeconds * 1_000),
    async run() {
      const signal = AbortSignal.timeout(roundMilliseconds);
      const namespaces = await ours(cluster, namespaceKind, brokerId, signal);
      // Asked after the namespaces: an instance is in the store before its namespace is in the cluster.
      const living = await stored.livingAmong(namespaces.map(({ instance }) => instance));
      const orphans = namespaces.filter(({ instance }) => !living.has(instance));
      const overdue = await stored.noteOrphans(
        orphans.map(({ name }) => name),
        graceSeconds * 1_000,
      );
      for (const { name: namespace, instance } of orphans) {
        const isRemoved = graceSeconds > 0 && instance !== '' && overdue.has(namespace);
        log.warn({ namespace, instance, removed: isRemoved }, 'no instance owns this namespace');
        if (isRemoved) await cluster.remove(namespaceKind, { name: namespace }, signal);
      }
      return orphans.length;
    },
  };
}

/** Instances whose objects are gone, which nobody but their operator can bring back: reported. */
export function reportMissing(cluster: Cluster, stored: Stored, brokerId: string, log: Logger): ReconcilerTask {
  return {
    name: 'report-missing',
    everyMilliseconds: longestPeriod,
    async run() {
      const signal = AbortSignal.timeout(roundMilliseconds);
      // Asked before the objects, and again after them: one that is deleted meanwhile misses nothing.
      const before = await stored.idsInUse();
      const missing = new Map<string, string[]>();
      for (const kind of essentialKinds) {
        const owners = new Set((await ours(cluster, kind, brokerId, signal)).map(({ instance }) => instance));
        for (const id of before.filter((each) => !owners.has(each))) {
          missing.set(id, [...(missing.get(id) ?? []), kind.kind]);
        }
      }
      if (missing.size === 0) return 0;
      const after = new Set(await stored.idsInUse());
      const gone = [...missing].filter(([instance]) => after.has(instance));
      for (const [instance, missingKinds] of gone) {
        log.error({ instance, missing: missingKinds }, 'the objects of an instance are gone');
      }
      return gone.length;
    },
  };
}

/** What carries both labels: that Holdfast made it, and that this broker did. */
async function ours(cluster: Cluster, kind: Kind, brokerId: string, signal: AbortSignal): Promise<readonly Found[]> {
  const labels = { [managedByLabel]: managedBy, [brokerLabel]: brokerId };
  const objects = await cluster.list(kind, { labels }, signal);
  return objects.map(({ metadata }) => ({
    name: metadata?.name ?? '',
    instance: metadata?.labels?.[instanceLabel] ?? '',
  }));
}
