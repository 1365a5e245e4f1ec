import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { closedPort } from './tcp-relay.js';

interface Kept {
  readonly password: string;
  /** Where it writes every command that changes something, as a text. */
  readonly folder: string;
}

/** A Redis of the test's own; in memory only, unless it is told otherwise: killed and started again, it is empty. */
export class RedisProcess {
  #child: ChildProcess | undefined;
  readonly #endWithUs = () => this.#child?.kill('SIGKILL');

  private constructor(
    readonly port: number,
    private readonly kept: Kept | undefined,
  ) {
    process.once('exit', this.#endWithUs);
  }

  static async start(kept?: Kept): Promise<RedisProcess> {
    const redis = new RedisProcess(await closedPort(), kept);
    await redis.restart();
    return redis;
  }

  get url(): string {
    const login = this.kept ? `:${encodeURIComponent(this.kept.password)}@` : '';
    return `redis://${login}127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? Number.NaN;
  }

  async restart(): Promise<void> {
    const settings = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    this.#child = spawn('redis-server', [...settings, '--maxmemory-policy', 'noeviction', ...this.#more()], {
      stdio: 'ignore',
    });
    const client = new Redis(this.url, { retryStrategy: () => 50 });
    client.on('error', () => {});
    await eventually(() => client.status === 'ready');
    client.disconnect();
  }

  #more(): readonly string[] {
    if (!this.kept) return [];
    const { folder, password } = this.kept;
    return ['--dir', folder, '--appendonly', 'yes', '--aof-use-rdb-preamble', 'no', '--requirepass', password];
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Empties it again and again, for some seconds. */
  async keepEmpty(seconds: number): Promise<void> {
    const client = new Redis(this.url);
    const end = Date.now() + seconds * 1_000;
    try {
      while (Date.now() < end) {
        await client.flushall();
        await sleep(300);
      }
    } finally {
      client.disconnect();
    }
  }

  async remove(): Promise<void> {
    await this.kill();
    process.off('exit', this.#endWithUs);
  }
}
