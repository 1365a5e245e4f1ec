import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

const lookEveryMilliseconds = 100;

/**
 * Spreads connections over brokers, as a load balancer does: over those that were ready when it looked last, and that
 * take the connection. What happens to a connection after that happens to its client.
 */
export class TcpBalancer {
  #ports: readonly number[] = [];
  #ready: readonly number[] = [];
  readonly #looking = setInterval(() => void this.#look(), lookEveryMilliseconds);
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => void this.#accept(client));
  #turn = 0;

  private constructor() {}

  static async start(): Promise<TcpBalancer> {
    const balancer = new TcpBalancer();
    balancer.#server.listen(0, '127.0.0.1');
    await once(balancer.#server, 'listening');
    return balancer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Whom to ask from now on. */
  async use(ports: readonly number[]): Promise<void> {
    this.#ports = ports;
    await this.#look();
  }

  async replace(old: number, port: number): Promise<void> {
    await this.use(this.#ports.map((each) => (each === old ? port : each)));
  }

  stop(): void {
    clearInterval(this.#looking);
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #accept(client: Socket): Promise<void> {
    this.#keep(client);
    const upstream = await this.#connect();
    if (!upstream) {
      client.resetAndDestroy();
      return;
    }
    this.#keep(upstream);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('error', () => client.resetAndDestroy());
  }

  async #connect(): Promise<Socket | undefined> {
    const first = this.#turn++;
    const ports = this.#ready;
    for (const index of ports.keys()) {
      const port = ports[(first + index) % ports.length];
      const upstream = connect({ port: Number(port), host: '127.0.0.1' });
      const connected = await once(upstream, 'connect').then(
        () => true,
        () => false,
      );
      if (connected) return upstream;
    }
    return undefined;
  }

  async #look(): Promise<void> {
    const ports = this.#ports;
    const looks = ports.map((port) =>
      fetch(`http://127.0.0.1:${port}/health/ready`).then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
    const isReady = await Promise.all(looks);
    if (ports !== this.#ports) return;
    const ready = ports.filter((_, index) => isReady[index]);
    // Where none is, whoever takes the connection is better than nobody.
    this.#ready = ready.length > 0 ? ready : ports;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
  }
}
