import type { Logger } from '../observability/logger.js';
import { LeaseLostError, type OperationsRepository } from '../store/operations.repository.js';
import type { OperationRecord } from '../store/records.js';
import type { Admission } from './admission.js';
import { OperatorError } from './errors.js';
import { LeaseKeeper } from './lease-keeper.js';
import { OperationRun, type RunResult } from './operation-run.js';
import type { Procedures } from './procedures.js';
import type { Wakeups } from './wakeups.js';

export interface ExecutorOptions {
  /** Who takes leases: unique to the process. */
  readonly owner: string;
  readonly leaseMilliseconds: number;
}

/** How soon to look again where another holder still has a lease. */
const busyMilliseconds = 250;
/** How soon a queued operation looks by itself whether its turn has come. */
const queuedMilliseconds = 15_000;

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
    private readonly log: Logger,
    private readonly options: ExecutorOptions,
  ) {}

  /** @param shutdown aborted when the worker is to stop: the operation is given back */
  async run(id: string, shutdown: AbortSignal): Promise<RunResult> {
    const takenAt = performance.now();
    const taken = await this.operations.take(id, this.options.owner, this.options.leaseMilliseconds);
    switch (taken.kind) {
      case 'over':
        return { kind: 'over' };
      case 'busy':
        return { kind: 'pause', milliseconds: busyMilliseconds };
      case 'queued':
        return await this.#queue(id, shutdown);
      case 'taken':
        return await this.#carryOut(taken.operation, takenAt, shutdown);
    }
  }

  async #queue(id: string, shutdown: AbortSignal): Promise<RunResult> {
    await this.admission.admit();
    const operation = await this.operations.find(id);
    if (operation?.state !== 'queued') return await this.run(id, shutdown);
    const ahead = await this.operations.countAhead(operation);
    const place = ahead === 0 ? 'it is next' : `${ahead} before it`;
    await this.operations.recordQueued(id, `waiting for other operations to end: ${place}`, queuedMilliseconds);
    return { kind: 'pause', milliseconds: queuedMilliseconds };
  }

  async #carryOut(operation: OperationRecord, takenAt: number, shutdown: AbortSignal): Promise<RunResult> {
    const holding = { operation: operation._id, epoch: operation.lease.epoch };
    const keeper = new LeaseKeeper(this.operations, holding, this.options.leaseMilliseconds, takenAt, this.log);
    try {
      const procedure = await this.procedures.load(operation);
      // Entered before the first step observes anything: no change after that goes unnoticed.
      const sleeper = this.wakeups.enter(operation._id, procedure.topics);
      const signals = { lease: keeper.signal, shutdown };
      const run = new OperationRun(this.operations, operation, holding, sleeper, this.log, signals);
      const result = await run.carryOut(procedure);
      if (result.kind === 'over') await this.admission.admit();
      return result;
    } catch (error) {
      if (error instanceof OperatorError) {
        this.log.error({ err: error }, 'the operation cannot be carried out');
        const description = `${error.message} (operation ${operation._id})`;
        await this.operations.finish(holding, { state: 'failed', description });
        return { kind: 'over' };
      }
      if (!(error instanceof LeaseLostError)) throw error;
      this.log.info({ reason: error.message }, 'the lease is lost');
      await this.operations.relinquish(operation._id, this.options.owner);
      return { kind: 'pause', milliseconds: busyMilliseconds };
    } finally {
      keeper.stop();
    }
  }
}
