import { withLogFields } from '../observability/logger.js';
import { failSpan, inSpan, noteInSpan } from '../observability/tracing.js';
import type { StepRecord } from '../store/records.js';
import { OperatorError, UserError } from './errors.js';
import type { Stage, Step, StepContext, StepOutcome } from './step.js';

/** What running a step once came to. */
export type StepResult =
  | { readonly kind: 'done'; readonly step: Step; readonly startedAt: Date; readonly endedAt: Date }
  | { readonly kind: 'wait'; readonly step: Step; readonly reason: string }
  | { readonly kind: 'failed'; readonly step: Step; readonly by: 'user' | 'operator'; readonly error: Error }
  | { readonly kind: 'retry'; readonly step: Step; readonly error: unknown };

/** What the results of a stage's steps mean for the operation: the gravest counts. */
export type StageVerdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly by: 'user' | 'operator'; readonly step: Step; readonly error: Error }
  | { readonly kind: 'retry'; readonly step: Step; readonly error: unknown }
  | { readonly kind: 'wait'; readonly reason: string };

/** Runs the steps of a stage side by side, each to its own end. */
export async function runStage(steps: Stage, context: StepContext): Promise<readonly StepResult[]> {
  return await Promise.all(steps.map((step) => traceStep(step, context)));
}

async function traceStep(step: Step, context: StepContext): Promise<StepResult> {
  return await inSpan(`step ${step.key}`, { attributes: { 'holdfast.step': step.key } }, async () => {
    const result = await runStep(step, context);
    noteInSpan({ 'holdfast.step.outcome': result.kind });
    if ('error' in result) failSpan(result.error instanceof Error ? result.error.name : 'unknown');
    return result;
  });
}

async function runStep(step: Step, context: StepContext): Promise<StepResult> {
  const startedAt = new Date();
  try {
    const outcome: StepOutcome = await withLogFields({ step: step.key }, () => step.run(context));
    if (outcome.kind === 'wait') return { kind: 'wait', step, reason: outcome.reason };
    return { kind: 'done', step, startedAt, endedAt: new Date() };
  } catch (error) {
    if (error instanceof UserError) return { kind: 'failed', step, by: 'user', error };
    if (error instanceof OperatorError) return { kind: 'failed', step, by: 'operator', error };
    return { kind: 'retry', step, error };
  }
}

/** What the store keeps of the steps that are done. */
export function doneRecords(results: readonly StepResult[]): Readonly<Record<string, StepRecord>> {
  const done = results.filter((result) => result.kind === 'done');
  return Object.fromEntries(done.map(({ step, startedAt, endedAt }) => [step.key, { startedAt, endedAt }]));
}

export function verdictOf(results: readonly StepResult[]): StageVerdict {
  const failed = results.find((result) => result.kind === 'failed');
  if (failed) return { kind: 'failed', by: failed.by, step: failed.step, error: failed.error };
  const retry = results.find((result) => result.kind === 'retry');
  if (retry) return retry;
  const waits = results.filter((result) => result.kind === 'wait');
  if (waits.length > 0) return { kind: 'wait', reason: waits.map(({ reason }) => reason).join('; ') };
  return { kind: 'done' };
}

/** The stages that are left, each without the steps that are done. */
export function remaining(stages: readonly Stage[], done: ReadonlySet<string>): readonly Stage[] {
  return stages.map((stage) => stage.filter(({ key }) => !done.has(key))).filter((stage) => stage.length > 0);
}

/** What a stage does, in the user's words. */
export function describe(stage: Stage): string {
  return [...new Set(stage.map(({ description }) => description))].join('; ');
}

/** When a step could begin: when all that come before its stage were done, or else when the operation began. */
export function couldBeginAt(
  step: string,
  stages: readonly Stage[],
  done: Readonly<Record<string, Pick<StepRecord, 'endedAt'>>>,
  began: Date,
): Date {
  const place = stages.findIndex((stage) => stage.some(({ key }) => key === step));
  const before = stages.slice(0, Math.max(place, 0)).flat();
  return new Date(Math.max(began.getTime(), ...before.map(({ key }) => done[key]?.endedAt.getTime() ?? 0)));
}
