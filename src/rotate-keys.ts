import { pathToFileURL } from 'node:url';
import { type CommandParts, runCommand } from './command.js';
import { StartError } from './start-error.js';
import { KeyRing } from './store/encryption.js';
import { demandKeys, isKnown } from './store/encryption-keys.js';
import { type Rotated, rotateKeys } from './store/key-rotation.js';

/**
 * `npm run keys:rotate`: encrypts everything in the store with the first of HOLDFAST_ENCRYPTION_KEYS, while brokers work.
 * @returns the exit code: 1 where something is still encrypted with another key
 */
export const run = (environment: NodeJS.ProcessEnv): Promise<0 | 1> => runCommand(environment, rotate);

async function rotate({ store, configuration, say }: CommandParts): Promise<boolean> {
  const ring = new KeyRing(configuration.encryptionKeys);
  const { current } = ring;
  // It would lock the brokers out of what they are to open.
  if (!(await isKnown(store.database, current))) throw new StartError([unknownLine(current)]);
  await demandKeys(store.database, configuration.encryptionKeys, configuration.lostEncryptionKeys);
  const rotated = await rotateKeys(store.database, ring, say);
  for (const line of summary(rotated, ring)) say(line);
  return rotated.left.size === 0;
}

/** What was done, what is left and why, and which keys are no longer needed. */
export function summary({ count, left, unopened }: Rotated, { ids, current }: KeyRing): readonly string[] {
  const unused = ids.filter((id) => id !== current && !left.has(id));
  return [
    `${count} values were encrypted anew with the key "${current}"`,
    ...unopened.map((place) => `${place} does not open with the key that it names, and stays as it is`),
    ...[...left].map(([id, values]) => `${values} values are still encrypted with the key "${id}"${whyLeft(unopened)}`),
    ...unused.map(
      (id) => `nothing is encrypted with the key "${id}" any more: take it out of HOLDFAST_ENCRYPTION_KEYS`,
    ),
  ];
}

const whyLeft = (unopened: readonly string[]) =>
  unopened.length > 0
    ? ''
    : ': a broker still has it first in HOLDFAST_ENCRYPTION_KEYS, so restart that one and run this again';

const unknownLine = (id: string) =>
  `HOLDFAST_ENCRYPTION_KEYS begins with the key "${id}", which no broker on this store has been started with: ` +
  'first restart every broker with it at the end of the list, and then with it at the beginning';

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await run(process.env);
}
