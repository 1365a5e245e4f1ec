import type { Logger } from '../observability/logger.js';

/**
 * What a step answers when it did not throw.
 *
 * - `done`: what the step is for is true now; it is not run again.
 * - `wait`: not yet. The worker is given back; the step runs again when one of its procedure's topics is
 *   notified, or when a timer ends (one second at first, backing off to 15 s).
 */
export type StepOutcome = { readonly kind: 'done' } | { readonly kind: 'wait'; readonly reason: string };

export const done: StepOutcome = { kind: 'done' };

/** @param reason what is waited for, in the user's words: it becomes last_operation's description. */
export const wait = (reason: string): StepOutcome => ({ kind: 'wait', reason });

export interface StepContext {
  /** Aborted when the lease is lost or the worker shuts down. Every outside call takes it, and ends before the lease does. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** A named, idempotent part of an operation: it observes before it acts, so that running it twice is running it once. */
export interface Step {
  /** Unique in its operation; the checkpoint's name in the store, so it stays the same within one version of a procedure. */
  readonly key: string;
  /** What runs, in the user's words, such as `starting the members`. */
  readonly description: string;
  run(context: StepContext): Promise<StepOutcome>;
}

/** Steps that may run side by side; the next stage starts when all of them are done. */
export type Stage = readonly Step[];

/** What carries one operation out: its stages in order, and what may end a wait in them. */
export interface Procedure {
  readonly stages: readonly Stage[];
  /** Names of what changes when a wait may be over, such as `namespace:m-3f…`; see `Wakeups.notify`. */
  readonly topics: readonly string[];
}
