import { foldersOf } from '../../../local/folders.js';
import { ensurePackages, needed } from '../../../local/packages.js';

/** What the recovery suites need besides the cluster. */
export default async function setup(): Promise<void> {
  await ensurePackages(foldersOf(process.env), needed.tests);
}
