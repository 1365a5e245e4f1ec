import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, tryCommand } from '../command.js';
import type { Folders } from '../folders.js';
import { hashOf } from '../hash.js';
import type { Image } from '../images/import.js';
import { corednsImage } from '../images/recipes.js';
import type { KubernetesBinaries } from '../kubernetes-binary.js';
import { waitUntil } from '../wait.js';
import type { Api } from './api.js';
import type { ClusterPaths } from './layout.js';

const stamp = 'holdfast-local';

/** What every local cluster holds: DNS, volumes, and the broker's rights. */
export function manifests(folders: Folders, images: readonly Image[]): string {
  const own = join(folders.repository, 'local', 'cluster', 'manifests');
  const files = [
    ...readdirSync(own)
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => join(own, name)),
    ...['rbac.yaml', 'admission.yaml'].map((name) =>
      join(folders.repository, 'deploy', 'helm', 'holdfast', 'files', name),
    ),
  ];
  const digest = images.find(({ name }) => name === corednsImage)?.digest ?? '';
  return files.map((file) => readFileSync(file, 'utf8').replaceAll('{{coredns-digest}}', digest)).join('\n---\n');
}

/** Applies the manifests unless this cluster says that it has had these very ones; answers whether it did. */
export async function applyManifests(
  paths: ClusterPaths,
  { kube }: KubernetesBinaries,
  api: Api,
  text: string,
): Promise<boolean> {
  const hash = hashOf(text);
  const known = await api.get(`/api/v1/namespaces/kube-system/configmaps/${stamp}`);
  if (known?.includes(hash)) return false;
  await waitUntil(async () => (await api.get('/api/v1/namespaces/kube-system')) !== undefined, { within: 10_000 });
  const apply = (input: string) =>
    command(
      kube,
      [
        ...['kubectl', '--kubeconfig', paths.adminKubeconfig, 'apply', '--server-side', '--force-conflicts'],
        ...['--field-manager', stamp, '--filename', '-'],
      ],
      { input },
    );
  const record = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: stamp, namespace: 'kube-system' } };
  try {
    await apply(text);
  } catch {
    // A cluster that has just come up may not know all of its kinds yet; and a StorageClass's settings cannot change.
    await removeChangedClass(paths, kube);
    await apply(text);
  }
  await apply(JSON.stringify({ ...record, data: { hash } }));
  return true;
}

async function removeChangedClass(paths: ClusterPaths, kube: string): Promise<void> {
  await tryCommand(kube, ['kubectl', '--kubeconfig', paths.adminKubeconfig, 'delete', 'storageclass', 'local']);
}
