import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Cluster } from '../../../kubernetes/cluster.js';
import { mongodbPort } from '../names.js';

/** A member as its pod and by its name in the cluster's DNS. */
export interface MemberAddress {
  readonly namespace: string;
  readonly pod: string;
  /** `host:port` */
  readonly host: string;
}

/** Where a MongoDB client of this process reaches a member. */
export interface Route {
  readonly host: string;
  /** Why connections over it ended without an answer of the member, if they did. */
  readonly failure: () => unknown;
  close(): void;
}

export type OpenRoute = (member: MemberAddress) => Promise<Route>;

/** For a broker in the cluster: its network reaches pods, and its DNS knows them. */
export const directRoute: OpenRoute = async ({ host }) => ({ host, failure: () => undefined, close: () => {} });

/** For a broker outside: a port of the loopback interface, each connection to it a port-forward of the API server. */
export function tunnelRoute(cluster: Cluster): OpenRoute {
  return async ({ namespace, pod }) => {
    const lifetime = new AbortController();
    let failure: unknown;
    const forward = async (socket: Socket) => {
      try {
        const tunnel = await cluster.tunnel(namespace, pod, mongodbPort, lifetime.signal);
        await pipeline(socket, tunnel, socket, { signal: lifetime.signal });
      } catch (error) {
        if (!lifetime.signal.aborted) failure = error;
      } finally {
        socket.destroy();
      }
    };
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      void forward(socket);
    });
    const host = await listen(server);
    const close = () => {
      server.close();
      lifetime.abort();
    };
    return { host, failure: () => failure, close };
  };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
