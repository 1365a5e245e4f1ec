import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { AuditVerification, type Head, type Verified } from './audit/verification.js';
import { type CommandParts, runCommand } from './command.js';
import { StartError } from './start-error.js';
import { KeyRing } from './store/encryption.js';

/** Deviations that are printed; the others are counted. */
const mostLines = 100;

/**
 * `npm run audit:verify [-- --head NUMBER:MAC]`: walks the audit's chain and tells every deviation, the first one first.
 * @returns the exit code: 1 where there is one
 */
export const run = (environment: NodeJS.ProcessEnv, options: readonly string[]): Promise<0 | 1> =>
  runCommand(environment, (parts) => verify(parts, options));

async function verify({ store, configuration, say }: CommandParts, options: readonly string[]): Promise<boolean> {
  const expected = expectedHead(options);
  let deviations = 0;
  const verified = await AuditVerification.run(store, new KeyRing(configuration.encryptionKeys), expected, (line) => {
    if (++deviations <= mostLines) say(line);
  });
  if (deviations > mostLines) say(`${deviations - mostLines} more deviations are not shown`);
  for (const line of summary(verified)) say(line);
  say(deviations === 0 ? 'nothing deviates' : 'the audit was changed');
  return deviations === 0;
}

/** @throws StartError */
export function expectedHead(options: readonly string[]): Head | undefined {
  const { head } = parse(options);
  if (head === undefined) return undefined;
  const [, number, mac] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(head) ?? [];
  if (number === undefined || mac === undefined) {
    throw new StartError([
      `--head holds ${JSON.stringify(head)}, and may hold NUMBER:MAC of a block, as the log tells it`,
    ]);
  }
  return { number: Number(number), mac };
}

function parse(options: readonly string[]) {
  try {
    return parseArgs({ args: [...options], options: { head: { type: 'string' } } }).values;
  } catch (error) {
    throw new StartError([error instanceof Error ? error.message : String(error)]);
  }
}

const summary = ({ head, events, waiting, older }: Verified): readonly string[] => [
  head ? `the chain ends with block ${head.number}, head ${head.number}:${head.mac}` : 'there is no block yet',
  `${events} events are in the chain`,
  ...(waiting > 0 ? [`${waiting} events wait for their block: does a broker with the role worker run?`] : []),
  ...(older > 0 ? [`${older} events are older than the chain: nothing vouches for them`] : []),
];

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await run(process.env, process.argv.slice(2));
}
