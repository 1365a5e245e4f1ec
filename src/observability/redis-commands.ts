import { tracingChannel } from 'node:diagnostics_channel';

/** What the Redis client tells of a command; its arguments are nobody's business. */
interface RedisCommand {
  readonly command: string;
}

/** Those that wait for something to come: how long that takes says nothing of Redis. */
const waiting = /^(b[lrz]|xread|wait|subscribe|psubscribe)/i;

/**
 * Hears how long Redis took, as its client tells of itself (`ioredis:command`).
 * @returns what ends the listening
 */
export function onRedisCommands(
  hear: (command: string, outcome: 'succeeded' | 'failed', seconds: number) => void,
): () => void {
  const began = new WeakMap<RedisCommand, number>();
  const listener = {
    start: (command: RedisCommand) => void began.set(command, performance.now()),
    asyncEnd: (ended: RedisCommand & { readonly error?: unknown }) => {
      const start = began.get(ended);
      if (start === undefined || waiting.test(ended.command)) return;
      const outcome = ended.error === undefined ? 'succeeded' : 'failed';
      hear(ended.command.toLowerCase(), outcome, (performance.now() - start) / 1_000);
    },
  } as Parameters<ReturnType<typeof tracingChannel>['subscribe']>[0];
  const commands = tracingChannel('ioredis:command');
  commands.subscribe(listener);
  return () => void commands.unsubscribe(listener);
}
