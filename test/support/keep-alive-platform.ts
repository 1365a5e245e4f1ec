import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { bindingPath, instancePath, type Sold } from './broker-driver.js';

interface KeepAliveAnswer {
  readonly status: number;
  readonly body: { readonly operation?: string; readonly state?: string };
}

interface Options {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly sold: Sold;
  /** The longest pause between two requests; they vary at random. */
  readonly pauseMilliseconds: number;
}

const operationSeconds = 30;

/**
 * A platform that asks for one thing after the other over one connection, for as long as the broker keeps that alive. It
 * repeats nothing: whatever does not go as it should is noted.
 */
export class KeepAlivePlatform {
  readonly failures: string[] = [];
  /** Accepted operations. */
  readonly operations = new Set<string>();
  requests = 0;
  connections = 0;
  #stopped = false;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #done: Promise<void>;

  constructor(
    private readonly name: string,
    private readonly options: Options,
  ) {
    this.#done = this.#run();
  }

  /** Ends when what was begun is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
    this.#agent.destroy();
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#stopped; turn++) {
      await this.#liveOneLife(`${this.name}-${turn}`).catch((error: Error) => this.failures.push(error.message));
    }
  }

  async #liveOneLife(id: string): Promise<void> {
    const { sold } = this.options;
    const instance = instancePath(id);
    const binding = bindingPath(id, `${id}-b`);
    const query = new URLSearchParams({ accepts_incomplete: 'true', ...sold });
    const space = { organization_guid: 'o', space_guid: 's' };
    await this.#ask([202], 'PUT', `${instance}?${query}`, { ...sold, ...space });
    await this.#untilSucceeded(instance);
    await this.#ask([200], 'GET', instance);
    await this.#ask([201, 202], 'PUT', `${binding}?${query}`, sold);
    await this.#untilSucceeded(binding);
    await this.#ask([200], 'GET', binding);
    await this.#ask([202], 'PATCH', `${instance}?${query}`, { ...sold, parameters: { colour: 'red' } });
    await this.#untilSucceeded(instance);
    await this.#ask([200, 202], 'DELETE', `${binding}?${query}`);
    await this.#untilSucceeded(binding);
    await this.#ask([202], 'DELETE', `${instance}?${query}`);
    await this.#untilSucceeded(instance);
  }

  async #untilSucceeded(path: string): Promise<void> {
    const deadline = Date.now() + operationSeconds * 1_000;
    do {
      const { body } = await this.#ask([200], 'GET', `${path}/last_operation`);
      if (body.state === 'succeeded') return;
      if (body.state === 'failed') throw new Error(`${path} failed: ${JSON.stringify(body)}`);
    } while (Date.now() < deadline);
    throw new Error(`${path} is still in progress`);
  }

  async #ask(expected: readonly number[], method: string, path: string, body?: object): Promise<KeepAliveAnswer> {
    await sleep(Math.random() * this.options.pauseMilliseconds);
    this.requests++;
    const answer = await this.#send(method, path, body).catch((error: Error) => {
      throw new Error(`${method} ${path}: ${error.message}`);
    });
    if (!expected.includes(answer.status)) {
      throw new Error(`${method} ${path} was answered ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    if (answer.body.operation !== undefined) this.operations.add(answer.body.operation);
    return answer;
  }

  /** Not `fetch`, which sends again what a broken connection did not take. */
  #send(method: string, path: string, body: object | undefined): Promise<KeepAliveAnswer> {
    const { port, user, password } = this.options;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      'x-broker-api-version': '2.17',
      ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    };
    return new Promise((resolve, reject) => {
      const options = {
        agent: this.#agent,
        host: '127.0.0.1',
        port,
        auth: `${user}:${password}`,
        method,
        path,
        headers,
      };
      const outgoing = request(options);
      const fail = (error: Error) => {
        const connection = outgoing.reusedSocket ? 'a kept connection' : 'a new connection';
        reject(new Error(`${error.message} on ${connection}`, { cause: error }));
      };
      outgoing.on('error', fail).on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          resolve({ status, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) });
        });
      });
      outgoing.on('socket', () => {
        if (!outgoing.reusedSocket) this.connections++;
      });
      outgoing.end(text);
    });
  }
}
