import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Folders } from '../folders.js';
import { goBuild } from '../go.js';
import { hashOf, hashOfFolder } from '../hash.js';
import type { KubernetesBinaries } from '../kubernetes-binary.js';
import type { Say } from '../phase.js';
import type { ImageSettings } from './archive.js';
import { recipe as mongodbRecipe, mongodbRoot } from './mongodb-root.js';

/** How one image is made. */
export interface ImageRecipe {
  readonly name: string;
  /** Changes when what the image is made of does. */
  readonly hash: string;
  readonly settings: ImageSettings;
  /** Answers the folder that holds the root file system; an empty folder is given to fill, or not to use. */
  readonly fill: (empty: string) => Promise<string>;
}

export const pauseImage = 'localhost/holdfast/pause:1';
export const corednsImage = 'localhost/holdfast/coredns:1';
export const mongodbImage = 'localhost/holdfast/mongodb:6.0.27';
export const readinessImage = 'localhost/holdfast/mongodb-readiness:1';

interface Context {
  readonly folders: Folders;
  readonly environment: NodeJS.ProcessEnv;
  readonly say: Say;
  readonly binaries: KubernetesBinaries;
}

export function imageRecipes(context: Context): ImageRecipe[] {
  const { folders, binaries, say } = context;
  const ofKubernetes = (image: string, program: string): ImageRecipe =>
    recipe(image, binaries.hash, { Entrypoint: [`/${program}`], User: '65532:65532' }, async (empty) => {
      copyFileSync(join(binaries.folder, program), join(empty, program));
      return empty;
    });
  const mongodb = recipe(
    mongodbImage,
    mongodbRecipe,
    { Cmd: ['mongod'], User: `${mongodbRecipe.user.id}:${mongodbRecipe.user.id}`, WorkingDir: '/' },
    async () => (await mongodbRoot(folders, say)).root,
  );
  return [ofKubernetes(pauseImage, 'pause'), ofKubernetes(corednsImage, 'coredns'), mongodb, ...readiness(context)];
}

/** The readiness probe of members: a static program with sources of its own. */
function readiness({ folders, environment }: Context): ImageRecipe[] {
  const sources = join(folders.repository, 'images', 'mongodb-readiness');
  if (!existsSync(join(sources, 'go.mod')) || !readdirSync(sources).some((name) => name.endsWith('.go'))) return [];
  const hash = hashOfFolder(sources, (path) => !path.endsWith('_test.go') && /\.go$|(^|\/)go\.(mod|sum)$/.test(path));
  return [
    recipe(readinessImage, hash, { Entrypoint: ['/mongodb-readiness'], User: '65532:65532' }, async (empty) => {
      await goBuild(environment, {
        what: 'the readiness probe',
        log: join(folders.state, 'log', 'go-build-readiness.log'),
        module: sources,
        package: '.',
        output: join(empty, 'mongodb-readiness'),
      });
      return empty;
    }),
  ];
}

function recipe(
  name: string,
  madeOf: unknown,
  settings: ImageSettings,
  fill: (empty: string) => Promise<string>,
): ImageRecipe {
  return {
    name,
    hash: hashOf(name, madeOf, settings),
    settings,
    fill: (empty) => {
      mkdirSync(empty, { recursive: true });
      return fill(empty);
    },
  };
}
