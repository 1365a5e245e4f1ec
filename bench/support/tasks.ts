import type { Redis } from 'ioredis';
import { AuditSealer, sealAudit } from '../../src/audit/sealer.js';
import { expiredBindings } from '../../src/brokering/expiry.js';
import { dueRotations } from '../../src/brokering/rotations.js';
import { createLogger } from '../../src/observability/logger.js';
import { Admission } from '../../src/operations/admission.js';
import { workOff } from '../../src/operations/backlog.js';
import { OperationQueue } from '../../src/operations/queue.js';
import { admitQueued, failOverdue, type ReconcilerTask, redeliver } from '../../src/operations/reconciler.js';
import { requestConnection } from '../../src/operations/redis.js';
import { AuditEventsRepository } from '../../src/store/audit-events.repository.js';
import { type AuditKey, AuditKeys, openAuditKey } from '../../src/store/audit-keys.js';
import type { KeyRing } from '../../src/store/encryption.js';
import { OperationsRepository } from '../../src/store/operations.repository.js';
import { OrphansRepository } from '../../src/store/orphans.repository.js';
import { ServiceBindingsRepository } from '../../src/store/service-bindings.repository.js';
import { ServiceInstancesRepository } from '../../src/store/service-instances.repository.js';
import type { Store } from '../../src/store/store.js';
import type { Scratch } from '../../test/support/scratch.js';

const log = createLogger('silent');
const nothingIsDue = async (): Promise<never> => {
  throw new Error('something is due');
};

/** What a broker's worker does periodically, to be run by hand: put together as `src/broker.ts` does. */
export class Tasks {
  private constructor(
    /** Every second, or every few. */
    readonly frequent: readonly ReconcilerTask[],
    /** The store's part of what is done every ten minutes, and at a start. */
    readonly rare: Readonly<Record<string, () => Promise<unknown>>>,
    readonly audit: AuditKey,
    readonly queue: OperationQueue,
    private readonly redis: Redis,
  ) {}

  /** @param places how many provisions may run at once: nobody takes one here where it is 0 */
  static async of(store: Store, ring: KeyRing, { redisUrl, queuePrefix }: Scratch, places: number): Promise<Tasks> {
    const audit = await openAuditKey(store, ring);
    const operations = new OperationsRepository(store, new AuditEventsRepository(store, audit));
    const redis = requestConnection(redisUrl, log);
    const queue = new OperationQueue(redis, queuePrefix, log);
    const admission = new Admission(operations, places, (id) => queue.hint(id), log);
    const instances = new ServiceInstancesRepository(store, ring);
    const bindings = new ServiceBindingsRepository(store, ring);
    const orphans = new OrphansRepository(store);
    const sealer = new AuditSealer(store, audit, await AuditKeys.read(store, ring), log);
    const frequent = [
      redeliver(operations, queue, log),
      failOverdue(operations, admission, log),
      admitQueued(admission),
      sealAudit(sealer),
      workOff(expiredBindings(bindings, nothingIsDue), log),
      workOff(dueRotations(instances, { rotate: nothingIsDue }), log),
    ];
    let known: readonly string[] = [];
    const rare = {
      // The cluster lists what the store has.
      'remove-orphans, the store': async () => {
        if (known.length === 0) known = await instances.idsInUse();
        const living = await instances.livingAmong(known);
        if (living.size !== known.length) throw new Error('an instance is gone');
        await orphans.note([], 1_000);
      },
      'report-missing, the store': () => instances.idsInUse(),
      'plans in use, at a start': () => instances.plansInUse(),
    };
    return new Tasks(frequent, rare, audit, queue, redis);
  }

  async close(): Promise<void> {
    await this.queue.close();
    this.redis.disconnect();
  }
}
