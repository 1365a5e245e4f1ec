import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, forgetOld } from './cache.js';
import type { Folders } from './folders.js';
import { goBuild } from './go.js';
import { hashOfFolder } from './hash.js';
import { LocalError } from './local-error.js';
import type { Say } from './phase.js';

/** The version of Kubernetes that a go.mod asks for, such as v1.34.4. */
export function kubernetesVersion(goMod: string): string {
  const version = /^\s*k8s\.io\/kubernetes (v\d+\.\d+\.\d+)$/m.exec(goMod)?.[1];
  if (!version) throw new LocalError('local/kubernetes/go.mod names no version of k8s.io/kubernetes');
  return version;
}

export interface KubernetesBinaries {
  readonly hash: string;
  readonly folder: string;
  readonly kube: string;
  readonly made: boolean;
}

export function kubernetesSources(folders: Folders): string {
  return join(folders.repository, 'local', 'kubernetes');
}

/** Builds every program of the cluster, once for each state of its sources. */
export async function kubernetesBinaries(
  folders: Folders,
  environment: NodeJS.ProcessEnv,
  say: Say,
): Promise<KubernetesBinaries> {
  const module = kubernetesSources(folders);
  const version = kubernetesVersion(readFileSync(join(module, 'go.mod'), 'utf8'));
  const hash = hashOfFolder(module, (path) => /\.go$|(^|\/)go\.(mod|sum)$/.test(path));
  const folder = join(folders.cache, `kubernetes-${hash}`);
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const made = await cached(folder, async (temporary) => {
    say(`[local] kubernetes: building ${version} from Go modules, which takes about four minutes the first time`);
    mkdirSync(temporary, { recursive: true });
    const prefix = '-X k8s.io/component-base/version';
    await goBuild(environment, {
      what: 'Kubernetes',
      log: join(folders.state, 'log', 'go-build.log'),
      module,
      package: './...',
      output: `${temporary}/`,
      flags: `${prefix}.gitVersion=${version} ${prefix}.gitMajor=${major} ${prefix}.gitMinor=${minor}`,
    });
  });
  if (made) forgetOld(folder, 'kubernetes-');
  return { hash, folder, kube: join(folder, 'kube'), made };
}
