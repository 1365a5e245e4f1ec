import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ClientSession,
  type Collection,
  type Db,
  MongoClient,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb';
import type { Logger } from '../observability/logger.js';
import { StartError } from '../start-error.js';
import type { AuditEventRecord, OperationRecord, ServiceBindingRecord, ServiceInstanceRecord } from './records.js';

/** The connection to the store, and its collections. */
export class Store {
  readonly #client: MongoClient;
  readonly database: Db;

  private constructor(client: MongoClient) {
    this.#client = client;
    this.database = client.db();
  }

  /**
   * Makes the client; the first use connects.
   * @param url a MongoDB connection string that names a database of a replica set (transactions need one)
   */
  static open(url: string): Store {
    return new Store(
      new MongoClient(url, {
        appName: 'holdfast',
        serverSelectionTimeoutMS: 2_000,
        connectTimeoutMS: 2_000,
        socketTimeoutMS: 10_000,
        waitQueueTimeoutMS: 5_000,
        writeConcern: { w: 'majority', journal: true },
        readConcernLevel: 'majority',
        ignoreUndefined: true,
      }),
    );
  }

  get instances(): Collection<ServiceInstanceRecord> {
    return this.database.collection('service_instances');
  }
  get bindings(): Collection<ServiceBindingRecord> {
    return this.database.collection('service_bindings');
  }
  get operations(): Collection<OperationRecord> {
    return this.database.collection('operations');
  }
  get auditEvents(): Collection<AuditEventRecord> {
    return this.database.collection('audit_events');
  }

  /** Runs `work` in a transaction, again where a concurrent one was in its way. */
  async transaction<Result>(work: (session: ClientSession) => Promise<Result>): Promise<Result> {
    return await this.#client.withSession((session) => session.withTransaction(() => work(session)));
  }

  /** Throws where the store does not answer. */
  async ping(): Promise<void> {
    await this.database.command({ ping: 1 });
  }

  /**
   * Waits for the store, which may be starting beside us.
   * @throws StartError when it does not answer within `seconds`, or refuses
   */
  async waitUntilReady(seconds: number, log: Logger): Promise<void> {
    const deadline = Date.now() + seconds * 1_000;
    for (;;) {
      try {
        return await this.ping();
      } catch (error) {
        const { message } = error as Error;
        if (!isUnreachable(error)) throw new StartError([`HOLDFAST_STORE_URL: the store refuses: ${message}`]);
        if (Date.now() > deadline) throw new StartError([`HOLDFAST_STORE_URL: the store does not answer: ${message}`]);
        log.warn({ reason: message }, 'waiting for the store');
        await sleep(500);
      }
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

/** Whether the store could not be reached, as opposed to having refused. */
export function isUnreachable(error: unknown): boolean {
  return (
    error instanceof MongoServerSelectionError ||
    error instanceof MongoNetworkError ||
    (error instanceof Error && error.name === 'MongoWaitQueueTimeoutError') ||
    (error instanceof MongoServerError && error.hasErrorLabel('RetryableWriteError'))
  );
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11000;
}
