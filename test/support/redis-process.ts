import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { closedPort } from './tcp-relay.js';

/** PEM files of a server, and of the authority that it trusts. */
export interface RedisFiles {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

export interface RedisProcessOptions {
  readonly password?: string | undefined;
  /** Where it writes every command that changes something, as a text. */
  readonly folder?: string | undefined;
  /** It speaks TLS, on another port besides. */
  readonly tls?: RedisFiles | undefined;
  readonly replicaOf?: RedisProcess | undefined;
}

/** Of a Redis or a Sentinel, as in their files; clients need no certificate. */
export const tlsSettings = ({ certificate, key, authority }: RedisFiles): readonly string[] => [
  `tls-cert-file ${certificate}`,
  `tls-key-file ${key}`,
  `tls-ca-cert-file ${authority}`,
  'tls-auth-clients no',
  'tls-replication yes',
];

/** A Redis of the test's own; in memory only, unless it is told otherwise: killed and started again, it is empty. */
export class RedisProcess {
  #child: ChildProcess | undefined;
  readonly #endWithUs = () => this.#child?.kill('SIGKILL');

  private constructor(
    readonly port: number,
    private readonly tlsPort: number,
    private readonly options: RedisProcessOptions,
  ) {
    process.once('exit', this.#endWithUs);
  }

  static async start(options: RedisProcessOptions = {}): Promise<RedisProcess> {
    const redis = new RedisProcess(await closedPort(), await closedPort(), options);
    await redis.restart();
    return redis;
  }

  get url(): string {
    return `redis://${this.#login}127.0.0.1:${this.port}`;
  }

  get tlsUrl(): string {
    return `rediss://${this.#login}127.0.0.1:${this.tlsPort}`;
  }

  /** Where its replicas and Sentinels find it. */
  get servingPort(): number {
    return this.options.tls ? this.tlsPort : this.port;
  }

  get #login(): string {
    const { password } = this.options;
    return password === undefined ? '' : `:${encodeURIComponent(password)}@`;
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
    const { password, folder, tls, replicaOf } = this.options;
    const more = [
      // Or a replica leaves a file where the tests run.
      ...['repl-diskless-sync yes', 'repl-diskless-sync-delay 0', 'repl-diskless-load on-empty-db'],
      ...(password === undefined ? [] : [`requirepass ${password}`, `masterauth ${password}`]),
      ...(folder === undefined ? [] : [`dir ${folder}`, 'appendonly yes', 'aof-use-rdb-preamble no']),
      ...(tls === undefined ? [] : [`tls-port ${this.tlsPort}`, ...tlsSettings(tls)]),
      ...(replicaOf === undefined ? [] : [`replicaof 127.0.0.1 ${replicaOf.servingPort}`]),
    ];
    return more.flatMap((line) => `--${line}`.split(' '));
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.kill('SIGKILL')) await once(child, 'exit');
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
