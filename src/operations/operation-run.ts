import { setTimeout as sleep } from 'node:timers/promises';
import { tell } from '../observability/events.js';
import type { Logger } from '../observability/logger.js';
import { noteInSpan } from '../observability/tracing.js';
import type { Holding, OperationsRepository } from '../store/operations.repository.js';
import type { OperationRecord } from '../store/records.js';
import { retryBackoff, waitBackoff } from './backoff.js';
import {
  couldBeginAt,
  describe,
  doneRecords,
  remaining,
  runStage,
  type StageVerdict,
  type StepResult,
  verdictOf,
} from './stage.js';
import type { Procedure, Stage } from './step.js';
import type { Sleeper } from './wakeups.js';

/** What a run came to: the operation ended, or is to run again in some milliseconds, or when it is woken. */
export type RunResult =
  | { readonly kind: 'over' }
  | { readonly kind: 'pause'; readonly milliseconds: number; readonly sleeper?: Sleeper };

type StepRecords = ReturnType<typeof doneRecords>;

/** Changes come in bursts: what woke a step is often followed by more within milliseconds. */
const burstMilliseconds = 10;
/** What ends within this nobody needs to hear the beginning of. */
const quickMilliseconds = 100;

/** One holder's run of one operation, from its first unfinished step as far as it goes now. */
export class OperationRun {
  #progress: string;
  #pauses: number;
  #last: StepRecords = {};
  #done: StepRecords;

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
    this.#done = operation.steps;
  }

  async carryOut(procedure: Procedure): Promise<RunResult> {
    const stages = remaining(procedure.stages, new Set(Object.keys(this.operation.steps)));
    for (const [index, stage] of stages.entries()) {
      const verdict = await this.#carryOutStage(stage, stages[index + 1], procedure.stages);
      if (verdict.kind !== 'done') return await this.#stop(verdict);
    }
    return await this.#finish('succeeded', 'done');
  }

  /** Runs a stage until it is done, or waits with nothing new to see. */
  async #carryOutStage(stage: Stage, next: Stage | undefined, all: Procedure['stages']): Promise<StageVerdict> {
    let left = stage;
    for (;;) {
      const signal = AbortSignal.any([this.signals.lease, this.signals.shutdown]);
      const results = await this.#saying(left, runStage(left, { signal, log: this.log }));
      this.signals.lease.throwIfAborted();
      const verdict = verdictOf(results);
      const done = doneRecords(results);
      left = left.filter(({ key }) => !(key in done));
      if (Object.keys(done).length > 0) await this.#record(done, left.length > 0 ? left : next);
      this.#tell(results, all);
      if (verdict.kind !== 'wait' || this.signals.shutdown.aborted || !this.sleeper.takeWakeup()) return verdict;
      await sleep(burstMilliseconds);
    }
  }

  #tell(results: readonly StepResult[], stages: Procedure['stages']): void {
    const { service, kind, acceptedAt, startedAt = acceptedAt } = this.operation;
    for (const result of results) {
      // What the shutdown cut off says nothing of the step.
      if (result.kind === 'retry' && this.signals.shutdown.aborted) continue;
      const step = result.step.key;
      tell('stepRan', { service, kind, step, outcome: result.kind });
      if (result.kind !== 'done') continue;
      const began = couldBeginAt(step, stages, this.#done, startedAt);
      tell('stepDone', {
        service,
        kind,
        step,
        seconds: Math.max(0, result.endedAt.getTime() - began.getTime()) / 1_000,
      });
    }
    this.#done = { ...this.#done, ...doneRecords(results) };
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

  /** Tells what runs while it does, unless it is quick; its steps come to their own ends, even where that fails. */
  async #saying<Result>(stage: Stage, running: Promise<Result>): Promise<Result> {
    // After a pause its reason stands until there is news: it says more than the stage's description.
    const isNews = this.#pauses === 0 && describe(stage) !== this.#progress;
    const quick = new AbortController();
    const say = async () => {
      const isLong = await sleep(quickMilliseconds, true, { signal: quick.signal }).catch(() => false);
      if (isLong) await this.#record({}, stage);
    };
    const [result, said] = await Promise.allSettled([running.finally(() => quick.abort()), isNews ? say() : undefined]);
    if (result.status === 'rejected') throw result.reason;
    if (said.status === 'rejected') throw said.reason;
    return result.value;
  }

  /** The last steps are recorded with the operation's end. */
  async #record(done: StepRecords, next: Stage | undefined): Promise<void> {
    if (!next) {
      this.#last = done;
      return;
    }
    this.#pauses = 0;
    this.#progress = describe(next);
    await this.operations.recordSteps(this.holding, done, this.#progress);
  }

  async #pause(progress: string, pauses: number, milliseconds: number): Promise<RunResult> {
    await this.operations.pause(this.holding, { progress, pauses, milliseconds });
    return { kind: 'pause', milliseconds, sleeper: this.sleeper };
  }

  async #finish(state: 'succeeded' | 'failed', description: string): Promise<RunResult> {
    await this.operations.finish(this.holding, { state, description, steps: this.#last });
    this.log.info({ state, description }, 'operation ended');
    noteInSpan({ 'holdfast.operation.state': state });
    return { kind: 'over' };
  }
}
