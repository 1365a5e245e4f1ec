import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { vi } from 'vitest';
import { admin, kinds, never } from './admin-cluster.js';
import { repository } from './compiled.js';

const image = 'localhost/holdfast/mongodb:6.0.27';
const output = '/dev/termination-log';

export interface Credentials {
  readonly uri: string;
  readonly ca_certificate: string;
}

/**
 * Runs `client/write-and-read.mjs` in a pod, as an app of that namespace. There is no image with Node here, so that and
 * the driver come from this machine, which is the cluster's only node.
 *
 * @returns what the script found; fails with its output where it ended with an error
 */
export async function writeAndReadInPod(namespace: string, { uri, ca_certificate }: Credentials): Promise<unknown> {
  await admin.apply({ ...kinds.namespace, metadata: { name: namespace } }, never);
  const address = { namespace, name: 'app' };
  await admin.apply(pod(address, { URI: uri, CA_CERTIFICATE: ca_certificate, OUTPUT: output }), never);
  try {
    return await vi.waitFor(
      async () => {
        const { status } = (await admin.read<V1Pod>(kinds.pod, address, never)) ?? {};
        const ended = status?.containerStatuses?.[0]?.state?.terminated;
        if (!ended) throw new Error(`the app has not ended: ${JSON.stringify(status)}`);
        return ended.exitCode === 0 ? JSON.parse(ended.message ?? '') : { failure: ended.message };
      },
      { timeout: 60_000, interval: 200 },
    );
  } finally {
    await admin.remove(kinds.namespace, { name: namespace }, never);
  }
}

function pod(address: { readonly namespace: string; readonly name: string }, environment: Record<string, string>) {
  const mounts = [
    { name: 'node', path: '/app/node', hostPath: { path: process.execPath, type: 'File' } },
    { name: 'modules', path: '/app/node_modules', hostPath: { path: join(repository, 'node_modules') } },
    { name: 'client', path: '/app/client', hostPath: { path: join(repository, 'test', 'support', 'client') } },
  ];
  return {
    ...kinds.pod,
    metadata: address,
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'app',
          image,
          imagePullPolicy: 'Never',
          command: ['/app/node', '/app/client/write-and-read.mjs'],
          env: Object.entries(environment).map(([name, value]) => ({ name, value })),
          // Without a share of its own, a pod waits half a minute on a machine that is busy.
          resources: { requests: { cpu: '50m', memory: '64Mi' } },
          terminationMessagePath: output,
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: mounts.map(({ name, path }) => ({ name, mountPath: path, readOnly: true })),
        },
      ],
      volumes: mounts.map(({ name, hostPath }) => ({ name, hostPath })),
    },
  };
}
