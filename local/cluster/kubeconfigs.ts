import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { writeWhole } from '../files.js';
import { type ClusterPaths, layout } from './layout.js';

export interface Credentials {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** A kubeconfig with everything in it, so that it can be copied elsewhere. */
export function kubeconfig(user: string, credentials: Credentials): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'holdfast-local',
          cluster: { server: layout.apiServer, 'certificate-authority-data': base64(credentials.authority) },
        },
      ],
      users: [
        {
          name: user,
          user: {
            'client-certificate-data': base64(credentials.certificate),
            'client-key-data': base64(credentials.key),
          },
        },
      ],
      contexts: [{ name: 'holdfast-local', context: { cluster: 'holdfast-local', user } }],
      'current-context': 'holdfast-local',
    },
    { lineWidth: 0 },
  );
}

export function credentialsOf(paths: ClusterPaths, file: string): Credentials {
  return {
    authority: readFileSync(paths.certificate('authority'), 'utf8'),
    certificate: readFileSync(paths.certificate(file), 'utf8'),
    key: readFileSync(paths.key(file), 'utf8'),
  };
}

export function writeKubeconfigs(paths: ClusterPaths): void {
  for (const file of ['kubelet', 'controllers', 'scheduler', 'proxy', 'volumes']) {
    writeWhole(paths.kubeconfig(file), kubeconfig(file, credentialsOf(paths, file)));
  }
  writeWhole(paths.adminKubeconfig, kubeconfig('admin', credentialsOf(paths, 'admin')));
  writeWhole(paths.brokerKubeconfig, kubeconfig('holdfast', credentialsOf(paths, 'broker')));
}
