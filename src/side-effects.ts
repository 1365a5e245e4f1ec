import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';

/** Something that is changed outside of this process, and stays changed when it dies. */
export interface SideEffect {
  /** Such as `apply Secret keyfile`; never a secret. */
  readonly title: string;
}

/** Tells of each before it begins (`start`), and when it has happened (`asyncEnd`). Costs nothing while nobody listens. */
export const sideEffects = tracingChannel<string, SideEffect>('holdfast:side-effect');

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
