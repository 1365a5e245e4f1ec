import { runCli, say } from './cli.js';
import { withDefaults } from './defaults.js';
import { up } from './environment.js';
import { welcome } from './welcome.js';

interface Broker {
  readonly run: (environment: NodeJS.ProcessEnv) => Promise<{ url: string }>;
}

/** Starts the local environment and the broker on it; the broker stays in the foreground. */
await runCli(async () => {
  const local = await up(process.env, say);
  Object.assign(process.env, withDefaults(process.env, local));
  const { run } = (await import('../src/main.js')) as Broker;
  const { url } = await run(process.env);
  say(welcome(url, process.env.HOLDFAST_BASIC_AUTH, local));
});
