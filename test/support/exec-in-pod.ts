import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Exec, KubeConfig, type V1Status } from '@kubernetes/client-node';
import { required } from './scratch.js';

export interface InPod {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/**
 * Runs a program in a running pod, with an administrator's rights.
 * @returns its exit code, -1 where it could not be run, and what it wrote to its standard output
 */
export async function execInPod(
  { namespace, pod, container }: InPod,
  command: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> {
  const config = new KubeConfig();
  config.loadFromFile(required('TEST_ADMIN_KUBECONFIG'));
  const output = new PassThrough();
  const written = text(output);
  const status = await new Promise<V1Status>((resolve, reject) => {
    new Exec(config)
      .exec(namespace, pod, container, [...command], output, null, null, false, resolve)
      .then((socket) => socket.on('close', () => reject(new Error(`${namespace}/${pod}: the connection was lost`))))
      .catch(reject);
  }).finally(() => output.end());
  return { code: exitCode(status), output: await written };
}

function exitCode({ status, details }: V1Status): number {
  if (status === 'Success') return 0;
  return Number(details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message ?? -1);
}
