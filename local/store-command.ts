import { run as rotateKeys } from '../src/rotate-keys.js';
import { run as verifyAudit } from '../src/verify-audit.js';
import { runCli } from './cli.js';
import { withDefaults } from './defaults.js';
import { up } from './environment.js';
import { LocalError } from './local-error.js';

type Command = (environment: NodeJS.ProcessEnv, options: readonly string[]) => Promise<number>;

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['rotate-keys', rotateKeys],
  ['verify-audit', verifyAudit],
]);

/** Runs a command on the store and with the keys that the environment names, or else on those of `npm start`. */
await runCli(async () => {
  const [name = '', ...options] = process.argv.slice(2);
  const command = commands.get(name);
  if (!command) throw new LocalError(`there is no command ${name}: there are ${[...commands.keys()].join(', ')}`);
  process.exitCode = await command(await environmentOfStore(), options);
});

async function environmentOfStore(): Promise<NodeJS.ProcessEnv> {
  const { env } = process;
  if (env.HOLDFAST_STORE_URL && env.HOLDFAST_ENCRYPTION_KEYS) return env;
  // Of the local environment, the store alone is needed.
  const needed = { ...env, KUBECONFIG: 'none', HOLDFAST_REDIS_URL: 'none' };
  return withDefaults(env, await up(needed, (line) => process.stderr.write(`${line}\n`)));
}
