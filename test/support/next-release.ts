import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Chart, importBrokerImage } from '../../local/chart.js';
import { foldersOf } from '../../local/folders.js';
import { withLock } from '../../local/lock.js';

export const addedMigration = '9999-next-release';

/** What the next release could change: a migration, and a provision with one more stage, beside the one that there was. */
const changes: readonly { readonly file: string; readonly from: string; readonly to: string }[] = [
  {
    file: 'src/services/mongodb/service.ts',
    from: 'provision: withExposure((instance, keep) => provision(environment, instance, keep)),',
    to: `provision: {
      current: 3,
      versions: {
        2: (instance, keep) => provision(environment, instance, keep),
        3: (instance, keep) => {
          const { stages, topics } = provision(environment, instance, keep);
          const added = { key: 'added', description: 'what is new', run: async () => ({ kind: 'done' as const }) };
          return { topics, stages: [...stages, [added]] };
        },
      },
    },`,
  },
  {
    file: 'migrations/index.ts',
    from: 'scale];',
    to: `scale,
  {
    id: '${addedMigration}',
    up: async (database) => {
      await database.collection('operations').createIndexes([{ name: 'next_release', key: { kind: 1, endedAt: 1 } }]);
    },
  },
];`,
  },
];

/** The same chart with an image of sources that were changed so; made once for each state of them. */
export async function nextRelease(chart: Chart): Promise<Chart> {
  const folders = foldersOf(process.env);
  const repository = mkdtempSync(join(tmpdir(), 'holdfast-next-release-'));
  try {
    const isSource = (path: string) => !/\/(node_modules|dist|\.git|test|bench|docs)$/.test(path);
    cpSync(folders.repository, repository, { recursive: true, filter: isSource });
    for (const { file, from, to } of changes) {
      const text = readFileSync(join(repository, file), 'utf8');
      if (!text.includes(from)) throw new Error(`${file} does not say ${from} any more: change the next release too`);
      writeFileSync(join(repository, file), text.replace(from, to));
    }
    const quiet = () => {};
    const tag = await withLock(quiet, () => importBrokerImage({ ...folders, repository }, process.env, quiet));
    return { ...chart, tag };
  } finally {
    rmSync(repository, { recursive: true, force: true });
  }
}
