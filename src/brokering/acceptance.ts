import type { ClientSession } from 'mongodb';
import type { Admission } from '../operations/admission.js';
import type { OperationQueue } from '../operations/queue.js';
import { sideEffect } from '../side-effects.js';
import type { AuditEventsRepository } from '../store/audit-events.repository.js';
import { newIdentifier } from '../store/identifier.js';
import type { OperationsRepository } from '../store/operations.repository.js';
import type { OperationKind } from '../store/records.js';
import { ContentionError, isDuplicateKey, type Store } from '../store/store.js';
import type { Decision } from './decision.js';
import { waitingForTurn } from './last-operation.js';
import { Refusal } from './refusal.js';
import type { Accepted, Caller, Finished } from './requests.js';
import { Turns } from './turns.js';

/** What was decided on has changed meanwhile. */
class DecisionOutdatedError extends Error {
  override readonly name = 'DecisionOutdatedError';
}

/** What an operation is accepted for. */
export interface AcceptedWork {
  readonly kind: OperationKind;
  readonly service: string;
  readonly procedureVersion: number;
  readonly instance: string;
  readonly binding?: string;
  /** Seconds that platforms poll for; the operation ends before. */
  readonly maximumPollingDuration: number;
  readonly caller: Caller;
  readonly instanceId: string;
  readonly bindingId?: string;
}

/** The part of its time that an operation may take, so that it ends before the platform gives it up. */
const deadlineShare = 0.9;
const mostAttempts = 10;

/** What loads the cluster waits for its turn; binds and deletes pass. */
const stateAtFirst = (kind: OperationKind) => (kind === 'provision' ? 'queued' : 'running');

/** Makes decisions come true: an operation is in the store, with what it changes, before anybody hears of it. */
export class Acceptance {
  /** In one process, requests for one instance need not get in each other's way. The store decides all the same. */
  readonly #turns = new Turns();

  constructor(
    private readonly store: Store,
    private readonly operations: OperationsRepository,
    private readonly audit: Pick<AuditEventsRepository, 'record'>,
    private readonly queue: Pick<OperationQueue, 'announce'>,
    private readonly admission: Pick<Admission, 'begin'>,
  ) {}

  /**
   * Decides until nothing comes between the decision and its being carried out.
   * @param decide reads and decides
   * @param accept carries out what was accepted
   * @throws Refusal
   */
  async settle<Decided extends Decision, Outcome extends Accepted | Finished>(
    decide: () => Promise<Decided>,
    accept: (decision: Extract<Decided, { kind: 'accept' }>) => Promise<Outcome>,
  ): Promise<Outcome | Accepted | Extract<Decided, { kind: 'unchanged' }>> {
    for (let left = mostAttempts - 1; ; left--) {
      const decision: Decision = await decide();
      switch (decision.kind) {
        case 'refuse':
          throw new Refusal(decision.reason, decision.message);
        case 'in progress':
          return { kind: 'accepted', operation: decision.operation };
        case 'unchanged':
          return decision as Extract<Decided, { kind: 'unchanged' }>;
      }
      try {
        return await accept(decision as Extract<Decided, { kind: 'accept' }>);
      } catch (error) {
        const isOutdated = error instanceof DecisionOutdatedError || isDuplicateKey(error);
        if (error instanceof ContentionError || (isOutdated && left === 0)) {
          throw new Refusal('concurrency', 'too many other requests for the same instance: try again');
        }
        if (!isOutdated) throw error;
      }
    }
  }

  /**
   * Accepts an operation in one transaction with what it changes, and then announces it.
   * @param change claims what was decided on; false where that has changed
   */
  async accept(
    work: AcceptedWork,
    change: (operation: string, session: ClientSession) => Promise<boolean>,
  ): Promise<Accepted> {
    const operation = `op-${newIdentifier()}`;
    const insert = async (session: ClientSession) => {
      if (!(await change(operation, session))) throw new DecisionOutdatedError();
      await this.#insert(operation, work, session);
      await this.#audit(operation, work, session);
    };
    await this.#turns.take(work.instance, () =>
      sideEffect(`accept ${work.kind}`, () => this.store.transaction(insert)),
    );
    if (stateAtFirst(work.kind) === 'running') await this.queue.announce(operation);
    else this.admission.begin();
    return { kind: 'accepted', operation };
  }

  /** Carries out at once what needs no work of the service. */
  async apply(
    { kind, instance, caller, instanceId }: Pick<AcceptedWork, 'kind' | 'instance' | 'caller' | 'instanceId'>,
    change: (session: ClientSession) => Promise<boolean>,
  ): Promise<Finished> {
    const carryOut = async (session: ClientSession) => {
      if (!(await change(session))) throw new DecisionOutdatedError();
      await this.audit.record({ event: 'succeeded', kind, instanceId, ...caller }, session);
    };
    await this.#turns.take(instance, () => sideEffect(`apply ${kind}`, () => this.store.transaction(carryOut)));
    return { kind: 'finished' };
  }

  async #insert(operation: string, work: AcceptedWork, session: ClientSession): Promise<void> {
    const { kind, service, procedureVersion, instance, binding, maximumPollingDuration } = work;
    const state = stateAtFirst(kind);
    await this.operations.insert(
      {
        _id: operation,
        kind,
        service,
        procedureVersion,
        instance,
        ...(binding === undefined ? {} : { binding }),
        subject: binding ?? instance,
        state,
        active: true,
        lease: { owner: null, until: new Date(0), epoch: 0 },
        steps: {},
        progress: state === 'queued' ? waitingForTurn : 'accepted',
        pauses: 0,
      },
      maximumPollingDuration * deadlineShare * 1_000,
      session,
    );
  }

  async #audit(operation: string, work: AcceptedWork, session: ClientSession): Promise<void> {
    const { kind, caller, instanceId, bindingId } = work;
    const about = { operation, kind, instanceId, ...(bindingId === undefined ? {} : { bindingId }) };
    await this.audit.record({ event: 'accepted', ...about, ...caller }, session);
  }
}
