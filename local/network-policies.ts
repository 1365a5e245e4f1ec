import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cached, forgetOld } from './cache.js';
import type { Folders } from './folders.js';
import { goBuild } from './go.js';
import { hashOfFolder } from './hash.js';

/** What makes NetworkPolicies hold: a daemon, and the network plugin that has pods wait for it. */
export interface PolicyPrograms {
  readonly hash: string;
  readonly enforcer: string;
  readonly plugin: string;
  readonly made: boolean;
}

/** Builds them, once for each state of their sources. */
export async function policyPrograms(folders: Folders, environment: NodeJS.ProcessEnv): Promise<PolicyPrograms> {
  const module = join(folders.repository, 'local', 'network-policies');
  const hash = hashOfFolder(module, (path) => /(?<!_test)\.go$|^go\.(mod|sum)$/.test(path));
  const folder = join(folders.cache, `network-policies-${hash}`);
  const made = await cached(folder, async (temporary) => {
    mkdirSync(temporary, { recursive: true });
    await goBuild(environment, {
      what: 'the enforcer of network policies',
      log: join(folders.state, 'log', 'go-build-network-policies.log'),
      module,
      package: './...',
      output: `${temporary}/`,
    });
  });
  if (made) forgetOld(folder, 'network-policies-');
  return { hash, enforcer: join(folder, 'policy-enforcer'), plugin: join(folder, 'policy-plugin'), made };
}
