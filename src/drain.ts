import { once } from 'node:events';
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import { Server, type Socket } from 'node:net';
import { bounded } from './operations/bounded.js';

/** What a connection may be idle for longer than the server's `keepAliveTimeout`, before Node closes it. */
const idleBufferMilliseconds = 1_500;

const clientEnd = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/**
 * Takes a server out of service without failing a request. Whoever keeps a connection learns by an answer that it is the
 * last one there (`Connection: close`), and an idle one is left to its timeout, which clients know of: one that is closed
 * sooner could have a request on its way.
 */
export class Drain {
  readonly #underWay = new Set<ServerResponse>();
  /** Connections that nothing was asked on yet, by their client's end: what asks over TLS is another socket than these. */
  readonly #unused = new Map<string, Socket>();
  #begun = false;

  constructor(private readonly server: HttpServer) {
    server.on('connection', (socket: Socket) => {
      const end = clientEnd(socket);
      this.#unused.set(end, socket);
      socket.once('close', () => this.#unused.delete(end));
    });
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#unused.delete(clientEnd(request.socket));
      this.#note(response);
    });
  }

  /** From now on each connection ends with its next answer. */
  begin(): void {
    this.#begun = true;
    for (const response of this.#underWay) response.shouldKeepAlive = false;
  }

  /**
   * Listens no more, and ends when everything is answered.
   * @param isPatient whether idle connections are left to their timeout
   */
  async end(isPatient: boolean): Promise<void> {
    const closed = once(this.server, 'close');
    // Not the HTTP server's own `close`, which closes idle connections at once.
    Server.prototype.close.call(this.server);
    if (isPatient) await bounded(closed, this.server.keepAliveTimeout + idleBufferMilliseconds);
    this.server.closeIdleConnections();
    for (const socket of this.#unused.values()) socket.destroy();
    await closed;
  }

  #note(response: ServerResponse): void {
    if (this.#begun) {
      response.shouldKeepAlive = false;
      return;
    }
    this.#underWay.add(response);
    response.once('close', () => this.#underWay.delete(response));
  }
}
