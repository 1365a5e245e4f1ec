import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * How to reach the cluster: the files of `KUBECONFIG`, else the service account of the pod that we run in.
 *
 * @throws Error with one line that names what to set
 */
export function loadKubeConfig(environment: Readonly<Record<string, string | undefined>>): KubeConfig {
  const files = (environment.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  if (files.length > 0) return fromFiles(files);
  if (environment.KUBERNETES_SERVICE_HOST) return inCluster();
  throw new Error(
    'KUBECONFIG is not set and this is no pod of a cluster: set KUBECONFIG to the path of a kubeconfig file of the cluster to use',
  );
}

function fromFiles(files: readonly string[]): KubeConfig {
  const config = new KubeConfig();
  for (const file of files) {
    try {
      const next = new KubeConfig();
      next.loadFromFile(file);
      // As kubectl does: the first file that names a current context decides.
      config.mergeConfig(next, Boolean(config.currentContext));
    } catch (error) {
      // A parser's error quotes the file, which may hold a key: name the system's error code at most.
      const code = (error as NodeJS.ErrnoException).code ?? 'not a kubeconfig';
      throw new Error(`KUBECONFIG is "${file}" (${code}): set it to the path of a readable kubeconfig file`);
    }
  }
  if (!config.getCurrentCluster()?.server) {
    throw new Error(
      `KUBECONFIG is "${files.join(delimiter)}", whose current context names no cluster: set its current-context`,
    );
  }
  return config;
}

function inCluster(): KubeConfig {
  try {
    readFileSync(serviceAccountToken);
  } catch {
    throw new Error(
      `KUBERNETES_SERVICE_HOST is set, but ${serviceAccountToken} cannot be read: give the pod a service account token, or set KUBECONFIG`,
    );
  }
  const config = new KubeConfig();
  config.loadFromCluster();
  return config;
}
