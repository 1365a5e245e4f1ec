import { createConnection, createServer, type Server } from 'node:net';
import { LocalError } from './local-error.js';
import type { Say } from './phase.js';
import { waitUntil } from './wait.js';

const name = '\0holdfast-local';

/**
 * One set-up at a time. The lock is a socket without a file: the kernel lets it go with its process, however that
 * ends, so no stale lock can exist. It is one for the machine, as the ports and addresses are.
 */
export async function withLock<T>(say: Say, work: () => Promise<T>): Promise<T> {
  let server = await take();
  if (!server) {
    say(`[local] waiting for another set-up (process ${await holder()}) to finish`);
    const isOurs = await waitUntil(
      async () => {
        server = await take();
        return server !== undefined;
      },
      { within: 1_800_000, every: 200 },
    );
    if (!isOurs)
      throw new LocalError(`another set-up (process ${await holder()}) did not finish in 30 minutes: end it`);
  }
  try {
    return await work();
  } finally {
    server?.close();
  }
}

function take(): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(String(process.pid));
    });
    server.unref();
    server.once('error', () => resolve(undefined));
    server.listen(name, () => resolve(server));
  });
}

function holder(): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection(name, () => {});
    socket.setTimeout(500, () => socket.destroy());
    socket.on('data', (data) => resolve(data.toString()));
    socket.on('error', () => resolve('unknown'));
    socket.on('close', () => resolve('unknown'));
  });
}
