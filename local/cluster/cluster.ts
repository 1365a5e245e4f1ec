import { Resolver } from 'node:dns/promises';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { linkTo, writeWhole } from '../files.js';
import type { Folders } from '../folders.js';
import { type Image, imageOf, importImages } from '../images/import.js';
import { imageRecipes } from '../images/recipes.js';
import { type KubernetesBinaries, kubernetesBinaries } from '../kubernetes-binary.js';
import { LocalError } from '../local-error.js';
import { type PolicyPrograms, policyPrograms } from '../network-policies.js';
import { phase, type Say } from '../phase.js';
import { type Daemon, ensure } from '../supervisor.js';
import { together } from '../together.js';
import { waitUntil } from '../wait.js';
import { Api } from './api.js';
import { ensureCertificates } from './certificates.js';
import { ensureCgroups } from './cgroups.js';
import { cniConfiguration, configurationFiles, policyPlugin } from './configuration.js';
import { type ClusterDaemons, clusterDaemons } from './daemons.js';
import { credentialsOf, writeKubeconfigs } from './kubeconfigs.js';
import { type ClusterPaths, clusterPaths, layout } from './layout.js';
import { applyManifests, manifests } from './manifests.js';
import { ensureNetwork } from './network.js';

/** Makes the local cluster run, from whatever state it is in. */
export async function ensureCluster(folders: Folders, environment: NodeJS.ProcessEnv, say: Say): Promise<void> {
  const parts: { binaries?: KubernetesBinaries; policies?: PolicyPrograms } = {};
  await phase(say, 'kubernetes programs', async () => {
    parts.binaries = await kubernetesBinaries(folders, environment, say);
    return parts.binaries.made ? 'built from Go modules' : 'found in the cache';
  });
  await phase(say, 'network policies', async () => {
    parts.policies = await policyPrograms(folders, environment);
    return parts.policies.made ? 'built from Go modules' : 'found in the cache';
  });
  const { binaries, policies } = parts;
  if (!binaries || !policies) throw new LocalError('the Kubernetes programs are missing');
  const images: Image[] = [];
  await phase(say, 'images', async () => {
    for (const recipe of imageRecipes({ folders, environment, say, binaries })) {
      images.push(await imageOf(folders, recipe));
    }
    const made = images.filter((image) => image.made).map(({ name }) => name);
    return made.length > 0 ? `made ${made.join(', ')}` : 'found in the cache';
  });
  const paths = clusterPaths(folders);
  await phase(say, 'kubernetes', () => start(folders, paths, { binaries, policies }, images));
}

async function start(
  folders: Folders,
  paths: ClusterPaths,
  { binaries, policies }: { readonly binaries: KubernetesBinaries; readonly policies: PolicyPrograms },
  images: readonly Image[],
): Promise<string> {
  const certificates = await ensureCertificates(paths);
  prepareFiles(paths);
  linkNetworkPlugins(paths, policies);
  ensureCgroups();
  await ensureNetwork(paths);
  const api = new Api(credentialsOf(paths, 'admin'));
  try {
    const daemons = clusterDaemons(paths, binaries, policies, certificates, api);
    const done: string[] = [];
    const run = async (daemon: Daemon) => {
      if ((await ensure(folders, daemon)) !== 'reuse') done.push(daemon.name);
    };
    await together([startControlPlane(run, daemons), startRuntime(folders, paths, run, daemons, images, done)]);
    await together([run(daemons.kubelet), run(daemons.proxy), run(daemons.volumes)]);
    const applied = await applyManifests(paths, binaries, api, manifests(folders, images));
    if (applied) done.push('manifests');
    // Its rights are among them. Pods that the kubelet starts meanwhile wait for it.
    await run(daemons.policies);
    await waitForCluster(api);
    return done.length > 0 ? `${done.join(', ')} started` : 'already running';
  } finally {
    api.close();
  }
}

async function startControlPlane(run: (daemon: Daemon) => Promise<void>, daemons: ClusterDaemons): Promise<void> {
  await together([run(daemons.etcd), run(daemons.apiServer)]);
  await together([run(daemons.controllers), run(daemons.scheduler)]);
}

async function startRuntime(
  folders: Folders,
  paths: ClusterPaths,
  run: (daemon: Daemon) => Promise<void>,
  daemons: ClusterDaemons,
  images: readonly Image[],
  done: string[],
): Promise<void> {
  await run(daemons.containerd);
  done.push(...(await importImages(folders, paths.containerdSocket, images)));
}

function prepareFiles(paths: ClusterPaths): void {
  for (const folder of [paths.kubelet, paths.podLogs, paths.volumes, paths.containerdRoot, paths.cni]) {
    mkdirSync(folder, { recursive: true });
  }
  for (const folder of [paths.etcd, dirname(paths.audit)]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(configurationFiles(paths))) writeWhole(paths.configuration(name), text);
  writeWhole(join(paths.cni, '10-holdfast.conflist'), cniConfiguration(paths));
  writeKubeconfigs(paths);
}

/** The runtime looks for network plugins in one folder only. */
function linkNetworkPlugins(paths: ClusterPaths, { plugin }: PolicyPrograms): void {
  for (const name of ['ptp', 'host-local', 'loopback'])
    linkTo(join('/usr/lib/cni', name), join(paths.cniPrograms, name));
  linkTo(plugin, join(paths.cniPrograms, policyPlugin));
}

async function waitForCluster(api: Api): Promise<void> {
  const conditions: [string, () => Promise<boolean>][] = [
    ['the node is not ready', async () => isNodeReady(await api.get(`/api/v1/nodes/${layout.nodeName}`))],
    [
      'the namespace default has no service account',
      async () => (await api.get('/api/v1/namespaces/default/serviceaccounts/default')) !== undefined,
    ],
    ['its DNS does not answer', answersNames],
  ];
  for (const [problem, isSo] of conditions) {
    if (await waitUntil(isSo, { within: 60_000, every: 50 })) continue;
    throw new LocalError(
      `the local Kubernetes did not come up: ${problem} after 60 s; npm run local:reset starts anew`,
    );
  }
}

/** Whether a Node, as the API server prints it, is ready. */
export function isNodeReady(text: string | undefined): boolean {
  if (!text) return false;
  const node = JSON.parse(text) as { status?: { conditions?: { type: string; status: string }[] } };
  return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

async function answersNames(): Promise<boolean> {
  const resolver = new Resolver({ timeout: 300, tries: 1 });
  resolver.setServers([layout.dnsIp]);
  try {
    return (await resolver.resolve4('kubernetes.default.svc.cluster.local')).includes(layout.kubernetesIp);
  } catch {
    return false;
  }
}
