import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ClientSession,
  type Collection,
  type Db,
  MongoClient,
  type MongoClientOptions,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb';
import type { Logger } from '../observability/logger.js';
import { StartError } from '../start-error.js';
import type { AuditBlockRecord, AuditKeyRecord, UnsealedEventRecord } from './audit-records.js';
import { tellCommandTimes } from './command-times.js';
import type {
  AuditEventRecord,
  OperationRecord,
  OrphanRecord,
  ServiceBindingRecord,
  ServiceInstanceRecord,
} from './records.js';

const clientOptions: MongoClientOptions = {
  appName: 'holdfast',
  serverSelectionTimeoutMS: 2_000,
  connectTimeoutMS: 2_000,
  socketTimeoutMS: 10_000,
  waitQueueTimeoutMS: 5_000,
  writeConcern: { w: 'majority', journal: true },
  readConcernLevel: 'majority',
  ignoreUndefined: true,
};

/** How long a transaction that others are in the way of is tried again. */
const contentionMilliseconds = 10_000;

/** Others were in the way of a transaction for too long. */
export class ContentionError extends Error {
  override readonly name = 'ContentionError';
}

/** The connection to the store, and its collections. */
export class Store {
  readonly #client: MongoClient;
  readonly database: Db;
  readonly #whenKept = new WeakMap<ClientSession, (() => void)[]>();

  private constructor(client: MongoClient) {
    this.#client = client;
    this.database = client.db();
  }

  /**
   * Makes the client; the first use connects.
   * @param url a MongoDB connection string that names a database of a replica set (transactions need one)
   * @throws StartError
   */
  static open(url: string): Store {
    tellCommandTimes();
    try {
      return new Store(new MongoClient(url, clientOptions));
    } catch (error) {
      throw new StartError([`HOLDFAST_STORE_URL is no connection string: ${(error as Error).message}`]);
    }
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
  get orphans(): Collection<OrphanRecord> {
    return this.database.collection('orphans');
  }
  get auditEvents(): Collection<AuditEventRecord> {
    return this.database.collection('audit_events');
  }
  get unsealedEvents(): Collection<UnsealedEventRecord> {
    return this.database.collection('audit_unsealed');
  }
  get auditChain(): Collection<AuditBlockRecord> {
    return this.database.collection('audit_chain');
  }
  get auditKeys(): Collection<AuditKeyRecord> {
    return this.database.collection('audit_keys');
  }

  /**
   * Runs `work` in a transaction, again where a concurrent one was in its way.
   * @throws ContentionError after ten seconds of that
   */
  async transaction<Result>(work: (session: ClientSession) => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + contentionMilliseconds;
    const attempt = async (session: ClientSession) => {
      this.#whenKept.set(session, []);
      if (performance.now() > deadline) throw new ContentionError('other transactions were in the way for too long');
      return await work(session);
    };
    return await this.#client.withSession(async (session) => {
      const result = await session.withTransaction(() => attempt(session));
      for (const then of this.#whenKept.get(session) ?? []) then();
      return result;
    });
  }

  /** Has `then` happen once what the transaction of `session` writes is kept: an attempt at it may come to nothing. */
  whenKept(session: ClientSession, then: () => void): void {
    this.#whenKept.get(session)?.push(then);
  }

  /** By the store's clock. */
  async now(): Promise<Date> {
    const { localTime } = await this.database.command({ hello: 1 });
    return localTime;
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

const passingLabels = ['RetryableWriteError', 'TransientTransactionError', 'UnknownTransactionCommitResult'];
/**
 * An election, a member that ends, or one that does not reach others: what drivers try again. Of reads, the server says so
 * by no label. https://github.com/mongodb/specifications/blob/master/source/retryable-reads/retryable-reads.md#retryable-error
 */
const passingCodes: ReadonlySet<string> = new Set([
  'ExceededTimeLimit',
  'HostNotFound',
  'HostUnreachable',
  'InterruptedAtShutdown',
  'InterruptedDueToReplStateChange',
  'NetworkTimeout',
  'NotPrimaryNoSecondaryOk',
  'NotPrimaryOrSecondary',
  'NotWritablePrimary',
  'PrimarySteppedDown',
  'ReadConcernMajorityNotAvailableYet',
  'ShutdownInProgress',
  'SocketException',
]);

/** Whether the store could not be reached, or has no primary just now, as opposed to having refused. */
export function isUnreachable(error: unknown): boolean {
  return (
    error instanceof MongoServerSelectionError ||
    error instanceof MongoNetworkError ||
    (error instanceof Error && error.name === 'MongoWaitQueueTimeoutError') ||
    (error instanceof MongoServerError && passingLabels.some((label) => error.hasErrorLabel(label))) ||
    (error instanceof MongoServerError && passingCodes.has(error.codeName ?? ''))
  );
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11000;
}
