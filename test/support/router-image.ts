import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { clusterPaths } from '../../local/cluster/layout.js';
import type { Folders } from '../../local/folders.js';
import { goBuild } from '../../local/go.js';
import { hashOf, hashOfFolder } from '../../local/hash.js';
import { imageOf, importImages } from '../../local/images/import.js';
import { recipe as mongodbRecipe, mongodbRootPath } from '../../local/images/mongodb-root.js';
import { withLock } from '../../local/lock.js';
import { phase, type Say } from '../../local/phase.js';

/** `mongod` as in the image of the embedded default, and as its `mongos` the stand-in of `test/support/router`. */
export const routerImage = 'localhost/holdfast/mongodb-with-router-stand-in:6.0.27';

/** Gives the embedded cluster the image, made once for each state of what it is made of. */
export async function importRouterImage(folders: Folders, environment: NodeJS.ProcessEnv, say: Say): Promise<void> {
  const module = join(folders.repository, 'test', 'support', 'router');
  const { id } = mongodbRecipe.user;
  const settings = { Cmd: ['mongos'], User: `${id}:${id}`, WorkingDir: '/' };
  await withLock(say, () =>
    phase(say, 'router stand-in', async () => {
      const image = await imageOf(folders, {
        name: routerImage,
        hash: hashOf(mongodbRecipe, settings, hashOfFolder(module)),
        settings,
        fill: async (empty) => {
          const root = mongodbRootPath(folders);
          // The runtime brings the devices, and they cannot be copied.
          const filter = (path: string) => !path.startsWith(join(root, 'dev', '/'));
          cpSync(root, empty, { recursive: true, verbatimSymlinks: true, filter });
          await goBuild(environment, {
            what: 'the stand-in of routers',
            log: join(folders.state, 'log', 'go-build-router.log'),
            module,
            package: '.',
            output: join(empty, 'usr', 'bin', 'mongos'),
          });
          return empty;
        },
      });
      const imported = await importImages(folders, clusterPaths(folders).containerdSocket, [image]);
      return imported.length > 0 ? 'imported' : 'already there';
    }),
  );
}
