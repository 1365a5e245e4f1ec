import { randomUUID } from 'node:crypto';
import { tell } from '../observability/events.js';
import { type Logger, withLogFields } from '../observability/logger.js';
import { inSpan, noteInSpan } from '../observability/tracing.js';
import { withPermission } from '../side-effects.js';
import { type Holding, LeaseLostError, type OperationsRepository } from '../store/operations.repository.js';
import type { OperationRecord } from '../store/records.js';
import type { Admission } from './admission.js';
import { retryBackoff } from './backoff.js';
import type { Endings } from './endings.js';
import { OperatorError } from './errors.js';
import { LeaseKeeper } from './lease-keeper.js';
import { OperationRun, type RunResult } from './operation-run.js';
import type { Procedures } from './procedures.js';
import { runStage, verdictOf } from './stage.js';
import type { Procedure } from './step.js';
import type { Wakeups } from './wakeups.js';

export interface ExecutorOptions {
  /** Who takes leases: unique to the process. */
  readonly owner: string;
  readonly leaseMilliseconds: number;
}

/** How soon to look again where another holder still has a lease. */
const busyMilliseconds = 250;
/** How long the removal of what came too late may take. */
const clearUpMilliseconds = 20_000;

/**
 * Runs operations. All that it knows of one it reads from the store, so that any worker goes on where another stopped,
 * at any line.
 */
export class Executor {
  constructor(
    private readonly operations: OperationsRepository,
    private readonly procedures: Procedures,
    private readonly admission: Admission,
    private readonly wakeups: Wakeups,
    private readonly endings: Pick<Endings, 'tell'>,
    private readonly log: Logger,
    private readonly options: ExecutorOptions,
  ) {}

  /** @param shutdown aborted when the worker is to stop: the operation is given back */
  async run(id: string, shutdown: AbortSignal): Promise<RunResult> {
    // A run's own: one that comes late must not give back the lease of the next run in the same process.
    const owner = `${this.options.owner}/${randomUUID()}`;
    const takenAt = performance.now();
    const taken = await this.operations.take(id, owner, this.options.leaseMilliseconds);
    switch (taken.kind) {
      case 'over':
        this.wakeups.leave(id);
        return { kind: 'over' };
      case 'busy':
        return { kind: 'pause', milliseconds: busyMilliseconds };
      case 'queued':
        // It is delivered when its turn has come.
        return { kind: 'over' };
      case 'taken':
        return await withLogFields({ kind: taken.operation.kind }, () =>
          this.#traced(taken.operation, () => this.#hold(taken.operation, owner, takenAt, shutdown)),
        );
    }
  }

  /** One run, as a part of what asked for the operation. */
  async #traced(operation: OperationRecord, run: () => Promise<RunResult>): Promise<RunResult> {
    const { _id, kind, service, lease, trace } = operation;
    const attributes = {
      'holdfast.operation.id': _id,
      'holdfast.operation.kind': kind,
      'holdfast.service': service,
      'holdfast.lease.epoch': lease.epoch,
    };
    return await inSpan(`run ${kind}`, { attributes, continues: trace }, async () => {
      const result = await run();
      noteInSpan({ 'holdfast.run.outcome': result.kind });
      return result;
    });
  }

  async #hold(operation: OperationRecord, owner: string, takenAt: number, shutdown: AbortSignal): Promise<RunResult> {
    const holding = { operation: operation._id, epoch: operation.lease.epoch };
    const keeper = new LeaseKeeper(this.operations, holding, this.options.leaseMilliseconds, takenAt, this.log);
    try {
      const result = await withPermission(
        () => keeper.demand(),
        () => this.#carryOut(operation, holding, { lease: keeper.signal, shutdown }),
      );
      if (result.kind === 'over') {
        this.endings.tell(operation._id);
        this.wakeups.leave(operation._id);
        // Those of bindings take no place, and give none away.
        if (operation.binding === undefined) await this.admission.admit();
      }
      return result;
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error;
      this.log.info({ reason: error.message }, 'the lease is lost');
      tell('leaseLost', { service: operation.service, kind: operation.kind, reason: error.loss });
      await this.operations.relinquish(operation._id, owner);
      await this.#clearUp(operation, shutdown);
      return { kind: 'pause', milliseconds: busyMilliseconds };
    } finally {
      keeper.stop();
    }
  }

  /** What was under way when the lease ended may have come after the removal of what it was for. */
  async #clearUp(operation: OperationRecord, shutdown: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([shutdown, AbortSignal.timeout(clearUpMilliseconds)]);
    try {
      const removal = await this.procedures.loadRemoval(operation);
      for (const stage of removal?.stages ?? []) {
        const verdict = verdictOf(await runStage(stage, { signal, log: this.log }));
        if (verdict.kind !== 'done') throw new Error('a step is not done', { cause: verdict });
      }
      if (removal) this.log.info('what came too late is removed');
    } catch (error) {
      this.log.error({ err: error }, 'what came too late could not be removed');
    }
  }

  async #carryOut(
    operation: OperationRecord,
    holding: Holding,
    signals: { readonly lease: AbortSignal; readonly shutdown: AbortSignal },
  ): Promise<RunResult> {
    let procedure: Procedure;
    try {
      procedure = await this.procedures.load(operation);
    } catch (error) {
      return await this.#couldNotLoad(operation, holding, error);
    }
    // Entered before the first step observes anything: no change after that goes unnoticed.
    const sleeper = this.wakeups.enter(operation._id, procedure.topics);
    return await new OperationRun(this.operations, operation, holding, sleeper, this.log, signals).carryOut(procedure);
  }

  async #couldNotLoad(operation: OperationRecord, holding: Holding, error: unknown): Promise<RunResult> {
    this.log.error({ err: error }, 'the operation cannot be carried out');
    const whose = `(operation ${operation._id})`;
    if (error instanceof OperatorError) {
      await this.operations.finish(holding, { state: 'failed', description: `${error.message} ${whose}` });
      return { kind: 'over' };
    }
    const pauses = operation.pauses + 1;
    const milliseconds = retryBackoff(operation.pauses);
    await this.operations.pause(holding, { progress: `preparing: to be tried again ${whose}`, pauses, milliseconds });
    return { kind: 'pause', milliseconds };
  }
}
