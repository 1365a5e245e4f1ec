import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';

/** Something that is changed outside of this process, and stays changed when it dies. */
export interface SideEffect {
  /** Such as `apply Secret keyfile`; never a secret. */
  readonly title: string;
}

/** Costs nothing while nobody listens. */
const sideEffects = tracingChannel<string, SideEffect>('holdfast:side-effect');

/**
 * Tells of each side effect before it begins, and when it has ended, before whoever asked for it goes on.
 * @returns what ends the listening
 */
export function onSideEffects(
  begins: (effect: SideEffect) => void,
  ended: (effect: SideEffect, error: unknown) => void = () => {},
): () => void {
  const listener = {
    start: begins,
    asyncEnd: (effect: SideEffect & { readonly error?: unknown }) => ended(effect, effect.error),
  } as Parameters<typeof sideEffects.subscribe>[0];
  sideEffects.subscribe(listener);
  return () => void sideEffects.unsubscribe(listener);
}

/** What is fenced by the store itself, or is only a hint: writes to the store, jobs of the queue. */
export async function sideEffect<Result>(title: string, work: () => Promise<Result>): Promise<Result> {
  if (!sideEffects.hasSubscribers) return await work();
  return await sideEffects.tracePromise(work, { title });
}

const permissions = new AsyncLocalStorage<() => void>();

/** Runs `work`, in which every outside effect first asks `demand`, which throws where it may no longer happen. */
export function withPermission<Result>(demand: () => void, work: () => Result): Result {
  return permissions.run(demand, work);
}

/**
 * What nothing outside fences, such as a write to the cluster: allowed only for as long as the lease lasts, by the clock
 * of the very moment. The timer that aborts signals may itself be late, where the process was frozen.
 */
export async function outsideEffect<Result>(title: string, work: () => Promise<Result>): Promise<Result> {
  return await sideEffect(title, async () => {
    permissions.getStore()?.();
    return await work();
  });
}
