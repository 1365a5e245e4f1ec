import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SteadyLoadOptions {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly perSecond: number;
  /** What is asked for, in turn. */
  readonly paths: () => readonly string[];
}

const clients = 10;

/**
 * As many requests a second, from clients that keep their connections for as long as the broker does, and repeat nothing:
 * whatever is not answered as it should is noted.
 */
export class SteadyLoad {
  readonly failures: string[] = [];
  readonly milliseconds: number[] = [];
  #stopped = false;
  readonly #running: Promise<unknown>;

  constructor(private readonly options: SteadyLoadOptions) {
    this.#running = Promise.all(Array.from({ length: clients }, (_, client) => this.#run(client)));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(client: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const every = (1_000 * clients) / this.options.perSecond;
    for (let turn = client; !this.#stopped; turn++) {
      const paths = this.options.paths();
      const path = paths[turn % paths.length] ?? '/v2/catalog';
      const began = performance.now();
      const status = await this.#ask(agent, path).catch((error: Error) => error.message);
      this.milliseconds.push(performance.now() - began);
      if (status !== 200) this.failures.push(`${new Date().toISOString()} ${path}: ${status}`);
      await sleep(Math.max(0, every - (performance.now() - began)));
    }
    agent.destroy();
  }

  #ask(agent: Agent, path: string): Promise<number> {
    const { url, user, password } = this.options;
    const headers = { 'x-broker-api-version': '2.17' };
    return new Promise((resolve, reject) => {
      const asked = request(
        `${url}${path}`,
        { agent, auth: `${user}:${password}`, headers, timeout: 30_000 },
        (response) => response.resume().once('end', () => resolve(response.statusCode ?? 0)),
      );
      asked.once('timeout', () => asked.destroy(new Error('no answer within 30 s'))).once('error', reject);
      asked.end();
    });
  }
}
