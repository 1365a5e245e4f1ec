import type { V1Pod } from '@kubernetes/client-node';
import { vi } from 'vitest';
import { admin, kinds, never } from './admin-cluster.js';

/** Exit codes of mongod, and of what runs beside it, by name: 0 where it ended by itself within its grace period. */
export type MemberStop = Readonly<Record<string, number>>;

/**
 * Deletes a member's pod as `kubectl delete pod` does, and sees it end. A finalizer keeps what is known of the pod until
 * it is read; only then does the StatefulSet make it anew.
 */
export async function stopMember(namespace: string, name: string): Promise<MemberStop> {
  const address = { namespace, name };
  const hold = (finalizers: readonly string[]) =>
    admin.apply({ ...kinds.pod, metadata: { ...address, finalizers: [...finalizers] } }, never);
  await hold(['holdfast.dev/test']);
  try {
    await admin.remove(kinds.pod, address, never);
    const ended = await vi.waitFor(() => endedContainers(address), { timeout: 150_000, interval: 100 });
    return Object.fromEntries(ended.map(({ name, exitCode }) => [name, exitCode]));
  } finally {
    await hold([]);
  }
}

async function endedContainers(address: { readonly namespace: string; readonly name: string }) {
  const pod = await admin.read<V1Pod>(kinds.pod, address, never);
  return (pod?.status?.containerStatuses ?? []).map(({ name, state }) => {
    if (!state?.terminated) throw new Error(`${name} of ${address.name} still runs`);
    return { name, exitCode: state.terminated.exitCode };
  });
}
