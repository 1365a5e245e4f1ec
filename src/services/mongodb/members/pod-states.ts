import type { V1ContainerStatus, V1PersistentVolumeClaim, V1Pod } from '@kubernetes/client-node';

export interface Observed {
  readonly pods: readonly V1Pod[];
  readonly claims: readonly V1PersistentVolumeClaim[];
}

/** Beside each the readiness program runs. */
const servers: readonly string[] = ['mongod', 'mongos'];

/** Whether the pod's server runs; it may not listen yet. */
export function isRunning(pod: V1Pod | undefined): boolean {
  return pod?.status?.containerStatuses?.some(({ name, state }) => servers.includes(name) && state?.running) ?? false;
}

/** Whether all that belongs to the member runs: without the probe beside it, it would never be ready. */
export function isComplete(pod: V1Pod): boolean {
  const statuses = pod.status?.containerStatuses ?? [];
  return statuses.length > 0 && statuses.every(({ state }) => state?.running !== undefined);
}

/**
 * What keeps members from running, in the user's words, such as
 * `waiting for members: 1 of 3 is Pending: insufficient memory on every node`.
 * @param what they are called
 */
export function describeMembers(names: readonly string[], observed: Observed, what = 'members'): string {
  const trouble = describeTrouble(names, observed, what);
  return trouble ?? `waiting for ${what}: ${names.length} of ${names.length} are running`;
}

/** As above; `undefined` where all members run. */
export function describeTrouble(
  names: readonly string[],
  { pods, claims }: Observed,
  what = 'members',
): string | undefined {
  const counts = new Map<string, number>();
  for (const name of names) {
    const state = stateOf(
      pods.find(({ metadata }) => metadata?.name === name),
      claims.find(({ metadata }) => metadata?.name === `data-${name}`),
    );
    if (state) counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  if (counts.size === 0) return undefined;
  const states = [...counts].map(
    ([state, count]) => `${count} of ${names.length} ${count === 1 ? 'is' : 'are'} ${state}`,
  );
  return `waiting for ${what}: ${states.join('; ')}`;
}

function stateOf(pod: V1Pod | undefined, claim: V1PersistentVolumeClaim | undefined): string | undefined {
  if (!pod) return 'not created yet';
  const { phase = 'Pending', containerStatuses = [], conditions = [] } = pod.status ?? {};
  const trouble = containerStatuses.map(containerTrouble).find((found) => found !== undefined);
  if (trouble) return `${phase}: ${trouble}`;
  if (isRunning(pod)) return undefined;
  const scheduled = conditions.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.reason === 'Unschedulable')
    return `${phase}: ${schedulingTrouble(scheduled.message ?? 'unschedulable')}`;
  if (claim?.status?.phase === 'Pending') return `${phase}: its volume ${claim.metadata?.name} is not there yet`;
  return `${phase}: its containers start`;
}

/** https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-states */
function containerTrouble({ image, name, state, lastState }: V1ContainerStatus): string | undefined {
  const { reason, message } = state?.waiting ?? {};
  switch (reason) {
    case undefined:
    case 'ContainerCreating':
    case 'PodInitializing':
      return state?.terminated ? `${name} ended with exit code ${state.terminated.exitCode}` : undefined;
    case 'ImagePullBackOff':
    case 'ErrImagePull':
    case 'ErrImageNeverPull':
    case 'InvalidImageName':
      return `${reason}: the image ${image} cannot be pulled`;
    case 'CrashLoopBackOff':
      return `${reason}: ${name} ended with exit code ${lastState?.terminated?.exitCode ?? 'unknown'}`;
    default:
      return message ? `${reason}: ${message}` : reason;
  }
}

/**
 * The scheduler's words are `0/3 nodes are available: 2 Insufficient memory, 1 node(s) had untolerated taint {…}.
 * preemption: …`.
 */
function schedulingTrouble(message: string): string {
  const [, nodes, reasons] =
    /^0\/(\d+) nodes are available: (.*?)\.?(?: (?:preemption|no new claims).*)?$/.exec(message) ?? [];
  if (nodes === undefined || reasons === undefined) return message;
  const [, count, only] = /^(\d+) ([^,]+)$/.exec(reasons) ?? [];
  if (only === undefined) return `of ${nodes} nodes: ${reasons.replaceAll('Insufficient', 'insufficient')}`;
  const reason = only.replace('Insufficient', 'insufficient');
  return count === nodes ? `${reason} on every node` : `of ${nodes} nodes: ${count} ${reason}`;
}
