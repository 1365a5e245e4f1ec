import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cached, forgetOld } from './cache.js';
import type { Folders } from './folders.js';
import { goBuild } from './go.js';
import { hashOf, hashOfFolder } from './hash.js';

/** Without a cluster to ask, it takes this version for the cluster's. */
const flags = ['chartutil', 'lint/rules']
  .map((name) => `helm.sh/helm/v3/pkg/${name}.k8sVersion`)
  .map((name) => `-X ${name}Major=1 -X ${name}Minor=34`)
  .join(' ');

/** Helm, built from its Go module once for each version that local/helm/go.mod asks for; answers the program's path. */
export async function helmProgram(folders: Folders, environment: NodeJS.ProcessEnv): Promise<string> {
  const module = join(folders.repository, 'local', 'helm');
  const folder = join(folders.cache, `helm-${hashOf(hashOfFolder(module), flags)}`);
  const made = await cached(folder, async (temporary) => {
    mkdirSync(temporary, { recursive: true });
    await goBuild(environment, {
      what: 'Helm',
      log: join(folders.state, 'log', 'go-build-helm.log'),
      module,
      package: 'helm.sh/helm/v3/cmd/helm',
      output: join(temporary, 'helm'),
      flags,
    });
  });
  if (made) forgetOld(folder, 'helm-');
  return join(folder, 'helm');
}
