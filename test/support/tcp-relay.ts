import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands before a server that others use too, so that a test can take it away from one client. */
export class TcpRelay {
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => this.#accept(client));
  #silent = false;
  /** How many connections there were. */
  connections = 0;

  private constructor(
    private readonly target: { readonly host: string; readonly port: number },
    private readonly host: string,
    private port = 0,
  ) {}

  /** @param host address of this machine to listen on */
  static async start(target: { readonly host: string; readonly port: number }, host = '127.0.0.1'): Promise<TcpRelay> {
    const relay = new TcpRelay(target, host);
    await relay.restore();
    return relay;
  }

  /** `host:port` of the relay: the same for as long as it lives. */
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** As when the server's process has ended: connections break, and new ones are refused. */
  async refuse(): Promise<void> {
    this.break();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  /** As when the server's network is gone: whatever is sent stays without an answer. */
  silence(): void {
    this.#silent = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** As when the network drops connections; new ones are taken. */
  break(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async restore(): Promise<void> {
    this.#silent = false;
    this.break();
    if (this.#server.listening) return;
    this.#server.listen(this.port, this.host);
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  #accept(client: Socket): void {
    this.connections += 1;
    this.#keep(client);
    if (this.#silent) return;
    const upstream = connect(this.target);
    this.#keep(upstream);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
  }
}

/** A port of this machine that nothing listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
