import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import { migrations } from '../migrations/index.js';
import { AuditSealer, sealAudit } from './audit/sealer.js';
import { Acceptance } from './brokering/acceptance.js';
import { BindingBroker } from './brokering/binding-broker.js';
import { Completion } from './brokering/completion.js';
import { countInstances } from './brokering/count-instances.js';
import { expiredBindings } from './brokering/expiry.js';
import { InstanceBroker } from './brokering/instance-broker.js';
import { refuseMissingPlans } from './brokering/plans-in-use.js';
import { QueueOrder } from './brokering/queue-order.js';
import { dueRotations, Rotations } from './brokering/rotations.js';
import type { ServiceBindings } from './brokering/service-bindings.js';
import type { ServiceInstances } from './brokering/service-instances.js';
import { ServiceProcedures } from './brokering/service-procedures.js';
import { Services } from './brokering/services.js';
import type { Catalog } from './catalog/catalog.js';
import { readCatalog } from './catalog/read-catalog.js';
import type { Configuration } from './configuration.js';
import type { Logger } from './observability/logger.js';
import { Admission } from './operations/admission.js';
import { workOff } from './operations/backlog.js';
import { Endings } from './operations/endings.js';
import { Engine } from './operations/engine.js';
import { OperationQueue } from './operations/queue.js';
import type { ReconcilerTask } from './operations/reconciler.js';
import { checkEvictionPolicy, requestConnection, workerConnection } from './operations/redis.js';
import type { Stored } from './services/cluster-comparison.js';
import type { AnyService } from './services/service.js';
import { AcceptancesRepository } from './store/acceptances.repository.js';
import { AuditEventsRepository } from './store/audit-events.repository.js';
import { type AuditKey, AuditKeys, openAuditKey } from './store/audit-keys.js';
import { KeyRing } from './store/encryption.js';
import { demandKeys } from './store/encryption-keys.js';
import { FiguresRepository } from './store/figures.repository.js';
import { brokerIdentity } from './store/identity.js';
import { migrate } from './store/migrate.js';
import { OperationsRepository } from './store/operations.repository.js';
import { OrphansRepository } from './store/orphans.repository.js';
import { ServiceBindingsRepository } from './store/service-bindings.repository.js';
import { ServiceInstancesRepository } from './store/service-instances.repository.js';
import { Store } from './store/store.js';

export interface BrokerParts {
  readonly configuration: Configuration;
  readonly log: Logger;
  /** Makes the services, once it is known who the broker is. */
  readonly createServices: (brokerId: string) => readonly AnyService[];
  /** What else a worker looks after. */
  readonly createTasks?: (stored: Stored, brokerId: string) => readonly ReconcilerTask[];
  /** Of the queue's keys in Redis; brokers on one store share it. */
  readonly queuePrefix?: string;
}

/** How long a start waits for a store that starts beside it. */
const storeSeconds = 30;

/** Everything of a broker but HTTP and the cluster: put together here, and nowhere else. */
export class Broker {
  private constructor(
    readonly identity: string,
    readonly catalog: Catalog,
    readonly serviceInstances: ServiceInstances,
    readonly serviceBindings: ServiceBindings,
    readonly rotations: Rotations,
    /** In the roles that work. */
    readonly engine: Engine | undefined,
    readonly store: Store,
    readonly audit: AuditEventsRepository,
    private readonly queue: OperationQueue,
    private readonly redis: { readonly requests: Redis; readonly worker: Redis | undefined },
    /** Of all keys in Redis. */
    readonly redisPrefix: string,
  ) {}

  /** For what is counted across replicas: a command that Redis does not answer ends by itself. */
  get requestRedis(): Redis {
    return this.redis.requests;
  }

  /** Waits for the store, migrates it, and reads the catalog. Nothing works yet: `engine.start()` does that. */
  static async assemble(parts: BrokerParts): Promise<Broker> {
    const store = Store.open(parts.configuration.storeUrl);
    try {
      return Broker.#connect(parts, await prepare(parts, store));
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  static #connect({ configuration, log, createTasks, queuePrefix }: BrokerParts, prepared: Prepared): Broker {
    const { owner, identity, store, services, catalog, instances, bindings, audit } = prepared;
    const { deletedGraceSeconds, bindingLifetimeSeconds: lifetimeSeconds } = configuration;
    const prefix = queuePrefix ?? `holdfast-${identity}`;
    const operations = new OperationsRepository(store, audit);
    const requests = requestConnection(configuration.redisUrl, log);
    const queue = new OperationQueue(requests, prefix, log);
    const admission = new Admission(operations, configuration.maximumConcurrentProvisions, (id) => queue.hint(id), log);
    const endings = new Endings();
    const acceptances = new AcceptancesRepository({ store, instances, bindings, operations, audit });
    const acceptance = new Acceptance(acceptances, queue, admission);
    const instanceBroker = new InstanceBroker(
      catalog,
      services,
      instances,
      operations,
      new QueueOrder(operations),
      acceptance,
      deletedGraceSeconds,
    );
    const bindingBroker = new BindingBroker(
      catalog,
      services,
      instances,
      bindings,
      operations,
      acceptance,
      new Completion(operations, endings, configuration.synchronousSeconds),
      audit,
      { deletedGraceSeconds, lifetimeSeconds },
    );
    const worker = configuration.role === 'api' ? undefined : workerConnection(configuration.redisUrl, log);
    worker?.once('ready', () => void checkEvictionPolicy(worker, log));
    const procedures = new ServiceProcedures(services, instances, bindings);
    const rotations = new Rotations(services, instances, acceptance);
    const expiry = expiredBindings(bindings, (binding) => bindingBroker.expire(binding));
    const sealing = sealAudit(new AuditSealer(store, prepared.auditKey, prepared.auditKeys, log));
    const tasks = [
      workOff(expiry, log),
      sealing,
      workOff(dueRotations(instances, rotations), log),
      countInstances(new FiguresRepository(store), catalog),
      ...(createTasks?.(comparedWith(store, instances), identity) ?? []),
    ];
    const engine =
      worker &&
      new Engine(
        { store, operations, procedures, queue, admission, endings, workerConnection: worker, tasks, log },
        { owner, queuePrefix: prefix, concurrency: configuration.workerConcurrency },
      );
    const redis = { requests, worker };
    const parts = [engine, store, audit, queue, redis, prefix] as const;
    return new Broker(identity, catalog, instanceBroker, bindingBroker, rotations, ...parts);
  }

  /** Throws where the store does not answer. */
  async checkStore(): Promise<void> {
    await this.store.ping();
  }

  /** Throws where Redis does not answer. */
  async checkRedis(): Promise<void> {
    await this.redis.requests.ping();
  }

  /** Jobs in the queue, by state. */
  async countJobs(): Promise<Readonly<Record<string, number>>> {
    return await this.queue.countJobs();
  }

  /** The work first, then what it uses. */
  async stop(): Promise<void> {
    await this.engine?.stop();
    await this.queue.close();
    this.redis.requests.disconnect();
    this.redis.worker?.disconnect();
    await this.store.close();
  }
}

interface Prepared {
  readonly owner: string;
  readonly identity: string;
  readonly store: Store;
  readonly services: Services;
  readonly catalog: Catalog;
  readonly instances: ServiceInstancesRepository;
  readonly bindings: ServiceBindingsRepository;
  readonly audit: AuditEventsRepository;
  readonly auditKey: AuditKey;
  readonly auditKeys: AuditKeys;
}

async function prepare({ configuration, log, createServices }: BrokerParts, store: Store): Promise<Prepared> {
  const owner = `${hostname()}/${process.pid}/${randomUUID()}`;
  await store.waitUntilReady(storeSeconds, log);
  await migrate(store.database, migrations, owner, log);
  const identity = await brokerIdentity(store.database);
  const services = new Services(createServices(identity));
  const catalog = readCatalog(configuration.catalogFile, services.byName);
  const { encryptionKeys, lostEncryptionKeys } = configuration;
  await demandKeys(store.database, encryptionKeys, lostEncryptionKeys);
  const keys = new KeyRing(encryptionKeys);
  const instances = new ServiceInstancesRepository(store, keys);
  const bindings = new ServiceBindingsRepository(store, keys);
  refuseMissingPlans(catalog, await instances.plansInUse());
  const auditKey = await openAuditKey(store, keys);
  const audit = new AuditEventsRepository(store, auditKey);
  const auditKeys = await AuditKeys.read(store, keys);
  return { owner, identity, store, services, catalog, instances, bindings, audit, auditKey, auditKeys };
}

function comparedWith(store: Store, instances: ServiceInstancesRepository): Stored {
  const orphans = new OrphansRepository(store);
  return {
    idsInUse: () => instances.idsInUse(),
    livingAmong: (ids) => instances.livingAmong(ids),
    noteOrphans: (namespaces, graceMilliseconds) => orphans.note(namespaces, graceMilliseconds),
  };
}
