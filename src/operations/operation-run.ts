import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../observability/logger.js';
import type { Holding, OperationsRepository } from '../store/operations.repository.js';
import type { OperationRecord } from '../store/records.js';
import { retryBackoff, waitBackoff } from './backoff.js';
import { describe, doneRecords, remaining, runStage, type StageVerdict, verdictOf } from './stage.js';
import type { Procedure, Stage } from './step.js';
import type { Sleeper } from './wakeups.js';

/** What a run came to: the operation ended, or is to run again in some milliseconds, or when it is woken. */
export type RunResult =
  | { readonly kind: 'over' }
  | { readonly kind: 'pause'; readonly milliseconds: number; readonly sleeper?: Sleeper };

/** Changes come in bursts: what woke a step is often followed by more within milliseconds. */
const burstMilliseconds = 10;

/** One holder's run of one operation, from its first unfinished step as far as it goes now. */
export class OperationRun {
  #progress: string;
  #pauses: number;

  constructor(
    private readonly operations: OperationsRepository,
    private readonly operation: OperationRecord,
    private readonly holding: Holding,
    private readonly sleeper: Sleeper,
    private readonly log: Logger,
    private readonly signals: {
      /** Aborted when the lease is lost. */
      readonly lease: AbortSignal;
      /** Aborted when the worker is to stop. */
      readonly shutdown: AbortSignal;
    },
  ) {
    this.#progress = operation.progress;
    this.#pauses = operation.pauses;
  }

  async carryOut(procedure: Procedure): Promise<RunResult> {
    const stages = remaining(procedure.stages, new Set(Object.keys(this.operation.steps)));
    // After a pause its reason stands until there is news: it says more than the stage's description.
    if (this.#pauses === 0) await this.#say(stages[0]);
    for (const [index, stage] of stages.entries()) {
      const verdict = await this.#carryOutStage(stage, stages[index + 1]);
      if (verdict.kind !== 'done') return await this.#stop(verdict);
    }
    return await this.#finish('succeeded', 'done');
  }

  /** Runs a stage until it is done, or waits with nothing new to see. */
  async #carryOutStage(stage: Stage, next: Stage | undefined): Promise<StageVerdict> {
    let left = stage;
    for (;;) {
      const signal = AbortSignal.any([this.signals.lease, this.signals.shutdown]);
      const results = await runStage(left, { signal, log: this.log });
      this.signals.lease.throwIfAborted();
      const verdict = verdictOf(results);
      const done = doneRecords(results);
      left = left.filter(({ key }) => !(key in done));
      if (Object.keys(done).length > 0) await this.#record(done, left.length > 0 ? left : next);
      if (verdict.kind !== 'wait' || this.signals.shutdown.aborted || !this.sleeper.takeWakeup()) return verdict;
      await sleep(burstMilliseconds);
    }
  }

  async #stop(verdict: Exclude<StageVerdict, { kind: 'done' }>): Promise<RunResult> {
    if (verdict.kind === 'failed') {
      this.log.error({ err: verdict.error, step: verdict.step.key }, 'step failed for good');
      const whose = verdict.by === 'operator' ? ` (operation ${this.operation._id})` : '';
      return await this.#finish('failed', `${verdict.step.description}: ${verdict.error.message}${whose}`);
    }
    // What the shutdown cut off is no failure: another worker goes on at once.
    if (this.signals.shutdown.aborted) return await this.#pause(this.#progress, this.#pauses, 0);
    if (verdict.kind === 'wait') return await this.#pause(verdict.reason, this.#pauses + 1, waitBackoff(this.#pauses));
    this.log.warn({ err: verdict.error, step: verdict.step.key }, 'step failed, to be tried again');
    const reason = `${verdict.step.description}: failed, to be tried again (operation ${this.operation._id})`;
    return await this.#pause(reason, this.#pauses + 1, retryBackoff(this.#pauses));
  }

  async #say(stage: Stage | undefined): Promise<void> {
    if (stage && describe(stage) !== this.#progress) await this.#record({}, stage);
  }

  async #record(done: ReturnType<typeof doneRecords>, next: Stage | undefined): Promise<void> {
    this.#pauses = 0;
    if (next) this.#progress = describe(next);
    await this.operations.recordSteps(this.holding, done, this.#progress);
  }

  async #pause(progress: string, pauses: number, milliseconds: number): Promise<RunResult> {
    await this.operations.pause(this.holding, { progress, pauses, milliseconds });
    return { kind: 'pause', milliseconds, sleeper: this.sleeper };
  }

  async #finish(state: 'succeeded' | 'failed', description: string): Promise<RunResult> {
    await this.operations.finish(this.holding, { state, description });
    this.log.info({ state, description }, 'operation ended');
    return { kind: 'over' };
  }
}
