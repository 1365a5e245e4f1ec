import { type AddressInfo, connect, createServer, isIP, type Server, type Socket } from 'node:net';
import type { KubeConfig } from '@kubernetes/client-node';
import { loadKubeConfig } from '../../src/kubernetes/kube-config.js';

/** A plain TCP relay before the API server, whose connections the test can break. */
export class Relay {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  readonly #target: URL;
  /** How many connections there were. */
  connections = 0;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => {
      this.connections += 1;
      const upstream = connect(Number(target.port || 443), target.hostname);
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
      }
      client.pipe(upstream).pipe(client);
    });
  }

  static async start(): Promise<Relay> {
    const server = loadKubeConfig(process.env).getCurrentCluster()?.server ?? '';
    const relay = new Relay(new URL(server));
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  /** The KubeConfig of the environment, by way of the relay. */
  config(): KubeConfig {
    const { port } = this.#server.address() as AddressInfo;
    const relayed = loadKubeConfig(process.env);
    relayed.clusters = relayed.clusters.map((known) => ({
      ...known,
      server: `https://127.0.0.1:${port}`,
      // The certificate is the API server's; an address is no server name, and 127.0.0.1 is in its certificate.
      ...(isIP(this.#target.hostname) === 0 && { tlsServerName: this.#target.hostname }),
    }));
    return relayed;
  }

  break(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  stop(): void {
    this.break();
    this.#server.close();
  }
}
