import { currentTrace, inSpan } from '../observability/tracing.js';
import type { Admission } from '../operations/admission.js';
import { Batches } from '../operations/batches.js';
import type { OperationQueue } from '../operations/queue.js';
import { sideEffect } from '../side-effects.js';
import {
  type AcceptancesRepository,
  type Changes,
  DecisionOutdatedError,
  type NewAcceptance,
} from '../store/acceptances.repository.js';
import { newIdentifier } from '../store/identifier.js';
import type { NewOperation } from '../store/operations.repository.js';
import type { OperationKind } from '../store/records.js';
import { ContentionError, isDuplicateKey } from '../store/store.js';
import type { Decision } from './decision.js';
import { waitingForTurn } from './last-operation.js';
import { Refusal } from './refusal.js';
import type { Accepted, Caller, Finished } from './requests.js';
import { Turns } from './turns.js';

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

/** How many requests one transaction is for at most. One runs at once: two would share what comes, and each costs the same. */
const mostTogether = 100;

/** Makes decisions come true: an operation is in the store, with what it changes, before anybody hears of it. */
export class Acceptance {
  /** In one process, requests for one instance need not get in each other's way. The store decides all the same. */
  readonly #turns = new Turns();
  readonly #batches: Batches<NewAcceptance>;

  constructor(
    private readonly acceptances: Pick<AcceptancesRepository, 'write' | 'apply'>,
    private readonly queue: Pick<OperationQueue, 'announce'>,
    private readonly admission: Pick<Admission, 'begin'>,
  ) {
    this.#batches = new Batches((accepted) => this.acceptances.write(accepted), mostTogether, 1);
  }

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
   * @param changesBy claims what was decided on, by the operation
   */
  async accept(work: AcceptedWork, changesBy: (operation: string) => Changes): Promise<Accepted> {
    const id = `op-${newIdentifier()}`;
    const attributes = { 'holdfast.operation.id': id, 'holdfast.operation.kind': work.kind };
    return await inSpan(`accept ${work.kind}`, { attributes }, () => this.#accept(id, work, changesBy));
  }

  async #accept(id: string, work: AcceptedWork, changesBy: (operation: string) => Changes): Promise<Accepted> {
    const { kind, instance, caller, instanceId, bindingId } = work;
    const about = { operation: id, kind, instanceId, ...(bindingId === undefined ? {} : { bindingId }) };
    const acceptance = {
      changes: changesBy(id),
      operation: newOperation(id, work),
      event: { event: 'accepted' as const, ...about, ...caller },
    };
    await this.#turns.take(instance, () => sideEffect(`accept ${kind}`, () => this.#batches.add(acceptance)));
    if (stateAtFirst(kind) === 'running') await this.queue.announce(id);
    else this.admission.begin();
    return { kind: 'accepted', operation: id };
  }

  /** Carries out at once what needs no work of the service. */
  async apply(
    { kind, instance, caller, instanceId }: Pick<AcceptedWork, 'kind' | 'instance' | 'caller' | 'instanceId'>,
    change: Changes['instance'],
  ): Promise<Finished> {
    const event = { event: 'succeeded' as const, kind, instanceId, ...caller };
    await this.#turns.take(instance, () => sideEffect(`apply ${kind}`, () => this.acceptances.apply(change, event)));
    return { kind: 'finished' };
  }
}

function newOperation(id: string, work: AcceptedWork): NewOperation {
  const { kind, service, procedureVersion, instance, binding, maximumPollingDuration } = work;
  const state = stateAtFirst(kind);
  const trace = currentTrace();
  return {
    _id: id,
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
    ...(trace !== undefined && { trace }),
    allowedMilliseconds: maximumPollingDuration * deadlineShare * 1_000,
  };
}
