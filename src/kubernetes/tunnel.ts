import { setMaxListeners } from 'node:events';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { ClusterError } from './cluster.js';
import type { Credentials } from './credentials.js';
import { refusal, unreachable } from './errors.js';
import { resolve } from './transport.js';

export interface TunnelRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  /** How long the API server may take to open it, in milliseconds. */
  readonly timeout: number;
}

// Each message starts with its channel; a channel's first message says, in two bytes, which port it is for.
const protocol = 'v4.channel.k8s.io';
const dataChannel = 0;
const errorChannel = 1;
const portLength = 2;

/**
 * Port-forward as one stream. client-node's PortForward hides why a tunnel failed or ended, opens a TLS connection of
 * its own for each, and buffers without bound; this speaks the same protocol over `ws` itself.
 */
export async function openTunnel(
  credentials: Credentials,
  { namespace, pod, port, timeout }: TunnelRequest,
  signal: AbortSignal,
): Promise<Duplex> {
  const title = `tunnel to ${namespace}/${pod}:${port}`;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/portforward`;
  const url = resolve(credentials.server, path, { ports: port });
  url.protocol = url.protocol.replace('http', 'ws');
  const { agent, headers, auth } = await credentials.access().catch((error: unknown) => {
    throw unreachable({ title }, error, { aborted: signal.aborted, timedOut: false });
  });
  // Many tunnels on one signal are no leak, which Node would warn of from the eleventh on.
  setMaxListeners(0, signal);
  if (signal.aborted) throw unreachable({ title }, signal.reason, { aborted: true, timedOut: false });
  const socket = new WebSocket(url, protocol, {
    agent,
    headers: { ...headers } as Record<string, string>,
    ...(auth !== undefined && { auth }),
    handshakeTimeout: timeout,
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  return opened(socket, title, signal);
}

function opened(socket: WebSocket, title: string, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.terminate();
    signal.addEventListener('abort', abort, { once: true });
    const settled = () => signal.removeEventListener('abort', abort);

    socket.once('upgrade', (response) => response.socket.setKeepAlive(true, 15_000));
    // At once, because the first message may follow in the same tick.
    socket.once('open', () => {
      settled();
      resolve(new Tunnel(socket, title, signal));
    });
    socket.once('unexpected-response', (_request, response) => {
      text(response)
        .then((body) => reject(refusal({ title }, response.statusCode ?? 0, body)))
        .catch((error: unknown) => reject(unreachable({ title }, error, { aborted: signal.aborted, timedOut: false })))
        .finally(settled);
    });
    socket.once('error', (error) => {
      settled();
      const timedOut = error.message === 'Opening handshake has timed out';
      reject(unreachable({ title }, error, { aborted: signal.aborted, timedOut }));
    });
  });
}

class Tunnel extends Duplex {
  readonly #socket: WebSocket;
  readonly #title: string;
  readonly #signal: AbortSignal;
  /** Channels whose port number has been read. */
  readonly #begun = new Set<number>();

  constructor(socket: WebSocket, title: string, signal: AbortSignal) {
    // The protocol cannot close one direction alone.
    super({ allowHalfOpen: false, signal });
    this.#socket = socket;
    this.#title = title;
    this.#signal = signal;
    socket.on('message', (message: Buffer) => this.#receive(message));
    socket.on('close', (code) => this.#closed(code));
    socket.on('error', (error) => this.destroy(this.#lost(error.message, { cause: error })));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: (error?: Error | null) => void): void {
    const message = Buffer.allocUnsafe(chunk.length + 1);
    message[0] = dataChannel;
    chunk.copy(message, 1);
    // Called when the bytes are with the kernel: this is the backpressure.
    this.#socket.send(message, (error) => written(error && this.#lost(error.message, { cause: error })));
  }

  override _final(done: () => void): void {
    this.#socket.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.terminate();
    const aborted = error !== null && this.#signal.aborted && !(error instanceof ClusterError);
    done(aborted ? unreachable({ title: this.#title }, error, { aborted, timedOut: false }) : error);
  }

  #receive(message: Buffer): void {
    const channel = message[0] ?? errorChannel;
    const content = message.subarray(this.#begun.has(channel) ? 1 : 1 + portLength);
    this.#begun.add(channel);
    if (content.length === 0) return;
    if (channel === errorChannel) {
      this.destroy(new ClusterError(this.#title, 0, 'PortForwardFailed', content.toString().trim()));
    } else if (!this.push(content)) {
      this.#socket.pause();
    }
  }

  #closed(code: number): void {
    const inGoodOrder = code === 1000 || code === 1005;
    if (inGoodOrder || this.writableFinished) this.push(null);
    else this.destroy(this.#lost(`closed with ${code}`));
  }

  #lost(message: string, options?: ErrorOptions): ClusterError {
    return new ClusterError(this.#title, 0, 'ConnectionLost', `the connection was lost: ${message}`, options);
  }
}
