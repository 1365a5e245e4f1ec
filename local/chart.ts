import { join } from 'node:path';
import { clusterPaths } from './cluster/layout.js';
import { command } from './command.js';
import type { Folders } from './folders.js';
import { helmProgram } from './helm.js';
import { brokerRepository, buildBrokerImage } from './images/broker-image.js';
import { imageOf, importImages } from './images/import.js';
import { mongodbImage } from './images/recipes.js';
import { redisImage, redisImageRecipe } from './images/redis-image.js';
import { withLock } from './lock.js';
import { ensurePackages, needed } from './packages.js';
import { phase, type Say } from './phase.js';

/** The chart, and what it needs in the embedded cluster. */
export interface Chart {
  readonly folder: string;
  /** Of the broker's image. */
  readonly tag: string;
  /** Runs Helm on the cluster as its administrator, with `input` on its standard input; answers what it prints. */
  readonly helm: (input: string, ...args: readonly string[]) => Promise<string>;
}

/** Values for the embedded cluster: its images, and the roles that it has from the same files. */
export const localValues = (tag: string) => ({
  image: { repository: brokerRepository, tag, pullPolicy: 'Never' },
  rbac: { create: false },
  trial: { store: { image: mongodbImage }, redis: { image: redisImage } },
});

/** Builds the broker's image and Helm, once for each state of their sources, and gives the cluster the images. */
export async function prepareChart(folders: Folders, environment: NodeJS.ProcessEnv, say: Say): Promise<Chart> {
  const { repository, state } = folders;
  const paths = clusterPaths(folders);
  return await withLock(say, async () => {
    await phase(say, 'packages', () => ensurePackages(folders, [...needed.brokerImage, ...needed.rootFileSystem]));
    const tag = await importBrokerImage(folders, environment, say);
    let program = '';
    await phase(say, 'helm', async () => {
      program = await helmProgram(folders, environment);
      return program;
    });
    // Its own configuration is not the user's.
    const own = ['CACHE', 'CONFIG', 'DATA'].map((what) => [
      `HELM_${what}_HOME`,
      join(state, 'helm', what.toLowerCase()),
    ]);
    const variables = { ...environment, KUBECONFIG: paths.adminKubeconfig, ...Object.fromEntries(own) };
    const helm = (input: string, ...args: readonly string[]) =>
      command(program, args, { environment: variables, input });
    return { folder: join(repository, 'deploy', 'helm', 'holdfast'), tag, helm };
  });
}

/** Builds the image of the sources in `folders.repository`, and gives the cluster it and Redis; answers its tag. */
export async function importBrokerImage(folders: Folders, environment: NodeJS.ProcessEnv, say: Say): Promise<string> {
  let tag = '';
  await phase(say, 'broker image', async () => {
    const broker = await buildBrokerImage(folders, environment);
    tag = broker.name.slice(brokerRepository.length + 1);
    const images = [broker, await imageOf(folders, redisImageRecipe())];
    await importImages(folders, clusterPaths(folders).containerdSocket, images);
    return broker.made ? 'built' : 'found in the cache';
  });
  return tag;
}
