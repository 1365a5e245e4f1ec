import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { RedisOptions, SentinelAddress } from 'ioredis';

/** Scheme, login, hosts, name of the primary, options: several hosts are more than `URL` reads. */
const form = /^(rediss?)\+sentinel:\/\/(?:([^@/?]*)@)?([^@/?]*)\/?([^@/?]*)(?:\?(.*))?$/;
const address = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/i;
const defaultPort = 26_379;
const known: ReadonlySet<string> = new Set(['db', 'sentinelUsername', 'sentinelPassword']);
/** A Sentinel that is frozen still accepts connections. */
const answerMilliseconds = 2_000;
const reconnectMilliseconds = 1_000;

/**
 * How to find the Redis that Sentinels call the primary, and to follow them to the next one:
 * `redis+sentinel://[user:]password@s1:26379,s2:26379/name-of-the-primary`, `rediss+sentinel://` with TLS.
 * Undefined where the URL is of one Redis. What it throws holds nothing secret.
 */
export function sentinelOptions(url: string): RedisOptions | undefined {
  if (!/^rediss?\+sentinel:/.test(url)) return undefined;
  const [, scheme, login, hosts = '', name, query] = form.exec(url) ?? [];
  if (scheme === undefined) throw new Error('special characters of its parts must be percent-encoded');
  if (!name) throw new Error('the name of the primary is missing: /name after the Sentinels');
  const options = new URLSearchParams(query);
  if ([...options.keys()].some((key) => !known.has(key)))
    throw new Error(`it takes no options but ${[...known].join(', ')}`);
  const database = options.get('db') ?? '0';
  if (!/^\d{1,5}$/.test(database)) throw new Error('db is no number');
  return {
    sentinels: hosts.split(',').map(readAddress),
    name: decoded(name),
    ...readLogin(login),
    db: Number(database),
    ...present('sentinelUsername', options.get('sentinelUsername')),
    ...present('sentinelPassword', options.get('sentinelPassword')),
    ...(scheme === 'rediss' && { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }),
    // A primary that hangs, or is cut off, does not end its connections by itself.
    failoverDetector: true,
    sentinelCommandTimeout: answerMilliseconds,
    sentinelReconnectStrategy: () => reconnectMilliseconds,
  };
}

/** Why each Sentinel that cannot be reached is not: ioredis tells of a closed connection only. */
export async function sentinelFaults({ sentinels, sentinelTLS }: RedisOptions): Promise<readonly string[]> {
  const faults = await Promise.all(
    // Of one Redis, they are null.
    (sentinels ?? []).map(async (address) => {
      const fault = await faultOf(address, sentinelTLS);
      return fault === undefined ? [] : [`${address.host}:${address.port}: ${fault}`];
    }),
  );
  return faults.flat();
}

async function faultOf(
  { host = '', port = defaultPort }: Partial<SentinelAddress>,
  tls: RedisOptions['sentinelTLS'],
): Promise<string | undefined> {
  const socket = tls ? connectTls({ ...tls, host, port }) : connect({ host, port });
  socket.setTimeout(answerMilliseconds, () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, tls ? 'secureConnect' : 'connect');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    socket.destroy();
  }
}

function readAddress(text: string, index: number): { readonly host: string; readonly port: number } {
  const [, v6, host = v6, port = defaultPort] = address.exec(text) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new Error(`Sentinel ${index + 1} is no host or host:port`);
  }
  return { host, port: Number(port) };
}

function readLogin(login = ''): Pick<RedisOptions, 'username' | 'password'> {
  const [, username, password] = /^(?:([^:]*):)?(.*)$/.exec(login) ?? [];
  return { ...present('username', decoded(username)), ...present('password', decoded(password)) };
}

function decoded(text = ''): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('special characters of its parts must be percent-encoded');
  }
}

function present<Key extends string>(key: Key, value: string | null): Partial<Record<Key, string>> {
  return value ? ({ [key]: value } as Record<Key, string>) : {};
}
