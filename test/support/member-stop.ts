import { CoreV1Api, KubeConfig, type V1Pod } from '@kubernetes/client-node';
import { vi } from 'vitest';
import { admin, kinds, never } from './admin-cluster.js';
import { required } from './scratch.js';

export interface MemberStop {
  /** Of mongod, and of what runs beside it, by name. */
  readonly exitCodes: Readonly<Record<string, number>>;
  /** From the signal to the end, by mongod's own log. */
  readonly milliseconds: number;
}

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
    return {
      exitCodes: Object.fromEntries(ended.map(({ name, exitCode }) => [name, exitCode])),
      milliseconds: shutdownTime(await logOf(address)),
    };
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

async function logOf(address: { readonly namespace: string; readonly name: string }): Promise<string> {
  const config = new KubeConfig();
  config.loadFromFile(required('TEST_ADMIN_KUBECONFIG'));
  return await config.makeApiClient(CoreV1Api).readNamespacedPodLog({ ...address, container: 'mongod' });
}

function shutdownTime(log: string): number {
  const lines = log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { readonly t: { readonly $date: string }; readonly msg: string });
  const at = (msg: string) => {
    const line = lines.findLast((candidate) => candidate.msg === msg);
    if (!line) throw new Error(`mongod's log has no "${msg}"; its last line: ${JSON.stringify(lines.at(-1))}`);
    return Date.parse(line.t.$date);
  };
  return at('Now exiting') - at('Received signal');
}
