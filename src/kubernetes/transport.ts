import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { ClusterError } from './cluster.js';
import type { Credentials } from './credentials.js';
import { Ending } from './ending.js';
import { refusal, unreachable } from './errors.js';

export interface ApiRequest {
  /** What is asked, for errors, such as `apply StatefulSet m-3f…/rs0`. */
  readonly title: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: unknown;
  /** The body is secret: a refusal's message, which may quote it, is not passed on. */
  readonly secret?: boolean;
}

/**
 * JSON over HTTP to the API server, on the shared connections. Every request is idempotent (a server-side apply, not a
 * create), which is why one that met a connection the server had just closed is simply sent again.
 */
export class Transport {
  readonly #credentials: Credentials;
  readonly #timeout: number;

  /** @param timeout of one request, until its whole answer is read, in milliseconds */
  constructor(credentials: Credentials, timeout: number) {
    this.#credentials = credentials;
    this.#timeout = timeout;
  }

  /** @throws ClusterError also for every status but 2xx */
  async json<T>(request: ApiRequest, signal: AbortSignal): Promise<T> {
    const answer = await this.text(request, signal);
    try {
      return JSON.parse(answer) as T;
    } catch {
      // The parser's own message quotes the text.
      throw new ClusterError(
        request.title,
        0,
        'NotJson',
        'the answer is no JSON: is this the address of an API server?',
      );
    }
  }

  /** @throws ClusterError also for every status but 2xx */
  async text(request: ApiRequest, signal: AbortSignal): Promise<string> {
    const ending = new Ending(signal, this.#timeout);
    try {
      return await text(await this.#successful(request, ending.signal));
    } catch (error) {
      throw unreachable(request, error, ending);
    } finally {
      ending.release();
    }
  }

  /**
   * The answer as it comes, such as a watch's: only its head has to come in time, and `signal` ends the rest too.
   *
   * @throws ClusterError also for every status but 2xx
   */
  async stream(request: ApiRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
    const ending = new Ending(signal, this.#timeout);
    try {
      const response = await this.#successful(request, ending.signal);
      ending.stopTimer();
      response.once('close', () => ending.release());
      return response;
    } catch (error) {
      ending.release();
      throw unreachable(request, error, ending);
    }
  }

  async #successful(request: ApiRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
    const response = await this.#send(request, signal);
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) throw refusal(request, status, await text(response));
    return response;
  }

  async #send(request: ApiRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
    const { server } = this.#credentials;
    const { agent, headers, auth } = await this.#credentials.access();
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const options: https.RequestOptions = {
      method: request.method,
      agent,
      signal,
      headers: {
        ...headers,
        accept: request.accept ?? 'application/json',
        ...(body !== undefined && {
          'content-type': request.contentType ?? 'application/json',
          'content-length': Buffer.byteLength(body),
        }),
      },
      ...(auth !== undefined && { auth }),
    };
    const url = resolve(server, request.path, request.query);
    const driver = server.protocol === 'https:' ? https : http;
    for (;;) {
      const outgoing = driver.request(url, options);
      try {
        return await responseTo(outgoing, body);
      } catch (error) {
        if (!(outgoing.reusedSocket && wasClosed(error))) throw error;
      }
    }
  }
}

/** The URL of an API path; the server's own may have a path too (a proxy such as Rancher's). */
export function resolve(server: URL, path: string, query: ApiRequest['query'] = {}): URL {
  const url = new URL(server.pathname.replace(/\/$/, '') + path, server);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  }
  return url;
}

function responseTo(outgoing: http.ClientRequest, body: string | undefined): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    // Stays for the request's whole life: an error after the response is the response's, too.
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function wasClosed(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
