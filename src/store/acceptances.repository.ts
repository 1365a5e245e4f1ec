import type { ClientSession } from 'mongodb';
import type { AuditEventsRepository, NewAuditEvent } from './audit-events.repository.js';
import type { NewOperation, OperationsRepository } from './operations.repository.js';
import type { Statement } from './owned.repository.js';
import type { ServiceBindingRecord, ServiceInstanceRecord } from './records.js';
import type { ServiceBindingsRepository } from './service-bindings.repository.js';
import type { ServiceInstancesRepository } from './service-instances.repository.js';
import { ContentionError, isDuplicateKey, type Store } from './store.js';

/** What was decided on has changed meanwhile. */
export class DecisionOutdatedError extends Error {
  override readonly name = 'DecisionOutdatedError';
}

/** What a request changes besides adding its operation. */
export interface Changes {
  readonly instance: Statement<ServiceInstanceRecord>;
  readonly binding?: Statement<ServiceBindingRecord>;
  /** What runs on it ends, in favour of a DELETE. */
  readonly supersedes?: 'instance' | 'binding';
}

export interface NewAcceptance {
  readonly changes: Changes;
  readonly operation: NewOperation;
  readonly event: NewAuditEvent;
}

interface Repositories {
  readonly store: Store;
  readonly instances: ServiceInstancesRepository;
  readonly bindings: ServiceBindingsRepository;
  readonly operations: OperationsRepository;
  readonly audit: AuditEventsRepository;
}

/** Writes what requests come to, each whole or not at all. */
export class AcceptancesRepository {
  constructor(private readonly repositories: Repositories) {}

  /**
   * In one transaction, which costs little more than one of a single request does; where one of them is in the way of
   * the others, each in its own.
   */
  async write(acceptances: readonly NewAcceptance[]): Promise<readonly PromiseSettledResult<void>[]> {
    if (acceptances.length > 1 && (await this.#writeTogether(acceptances))) {
      return acceptances.map(() => ({ status: 'fulfilled', value: undefined }));
    }
    const { store } = this.repositories;
    return await Promise.allSettled(
      acceptances.map((acceptance) => store.transaction((session) => this.#write([acceptance], session))),
    );
  }

  /** What is done with that, and has no operation. */
  async apply(change: Changes['instance'], event: NewAuditEvent): Promise<void> {
    const { store, instances, audit } = this.repositories;
    await store.transaction(async (session) => {
      if (!(await instances.write([change], session))) throw new DecisionOutdatedError();
      await audit.record(event, session);
    });
  }

  async #writeTogether(acceptances: readonly NewAcceptance[]): Promise<boolean> {
    let isFirst = true;
    try {
      await this.repositories.store.transaction(async (session) => {
        if (!isFirst) throw new ContentionError('another transaction was in the way');
        isFirst = false;
        await this.#write(acceptances, session);
      });
      return true;
    } catch (error) {
      const isOfOne =
        error instanceof DecisionOutdatedError || error instanceof ContentionError || isDuplicateKey(error);
      if (!isOfOne) throw error;
      return false;
    }
  }

  async #write(acceptances: readonly NewAcceptance[], session: ClientSession): Promise<void> {
    const { instances, bindings, operations, audit } = this.repositories;
    const changes = acceptances.map((acceptance) => acceptance.changes);
    const isCurrent =
      (await instances.write(
        changes.map(({ instance }) => instance),
        session,
      )) &&
      (await bindings.write(
        changes.flatMap(({ binding }) => binding ?? []),
        session,
      ));
    if (!isCurrent) throw new DecisionOutdatedError();
    const superseding = (what: Changes['supersedes']) =>
      acceptances.filter(({ changes }) => changes.supersedes === what).map(({ operation }) => operation.subject);
    await operations.supersedeAll(superseding('instance'), session);
    await operations.supersede(superseding('binding'), session);
    const at = await operations.insert(
      acceptances.map(({ operation }) => operation),
      session,
    );
    await audit.recordAt(
      at,
      acceptances.map(({ event }) => event),
      session,
    );
  }
}
