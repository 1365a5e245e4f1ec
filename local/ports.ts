import { readdirSync, readlinkSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { readIfThere } from './files.js';
import { LocalError } from './local-error.js';
import { allPids } from './processes.js';
import { waitUntil } from './wait.js';

/** All ports that the local environment takes. Unusual ones, below those the kernel gives to outgoing connections. */
export const ports = {
  store: 21017,
  kubeletHealth: 21248,
  proxyMetrics: 21249,
  kubelet: 21250,
  proxyHealth: 21256,
  controllers: 21257,
  scheduler: 21259,
  etcd: 21379,
  etcdPeers: 21380,
  api: 21443,
  redis: 21639,
} as const;

export interface Address {
  readonly host: string;
  readonly port: number;
}

export async function demandFree(what: string, { host, port }: Address): Promise<void> {
  // A process that was ended counts as gone before the kernel has taken its sockets back, some seconds on a busy machine.
  if (await waitUntil(() => isFree({ host, port }), { within: 15_000, every: 20 })) return;
  const holder = holderOf(port);
  throw new LocalError(
    `port ${port}, which ${what} of the local environment needs, is taken by ${holder ?? 'another process'}: stop that, and start again`,
  );
}

function isFree({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

export function answers({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.setTimeout(500, () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => resolve(false));
  });
}

/** The inodes of the sockets that listen on a port, from /proc/net/tcp or tcp6. */
export function listeningInodes(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === '0A')
    .flatMap((fields) => fields[9] ?? []);
}

function holderOf(port: number): string | undefined {
  const inodes = new Set(
    ['tcp', 'tcp6'].flatMap((name) => listeningInodes(readIfThere(`/proc/net/${name}`) ?? '', port)),
  );
  const links = new Set([...inodes].map((inode) => `socket:[${inode}]`));
  const pid = allPids().find((candidate) => openFiles(candidate).some((file) => links.has(file)));
  return pid === undefined ? undefined : `${readIfThere(`/proc/${pid}/comm`)?.trim() ?? 'a program'} (process ${pid})`;
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`));
  } catch {
    return [];
  }
}
