import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { type RedisFiles, RedisProcess, tlsSettings } from './redis-process.js';
import { closedPort } from './tcp-relay.js';

const name = 'the-primary';
const password = 'of-the-redis';
const sentinelPassword = 'of-the-sentinels';
const quorum = 2;

/** A primary, its replica, and three Sentinels that make the one the other when it fails. */
export class RedisSentinels {
  readonly #sentinels: ChildProcess[] = [];
  readonly #ports: number[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'holdfast-sentinels-'));
  readonly #endWithUs = () => {
    for (const sentinel of this.#sentinels) sentinel.kill('SIGKILL');
  };

  private constructor(
    readonly primary: RedisProcess,
    readonly replica: RedisProcess,
    private readonly tls: RedisFiles | undefined,
  ) {
    process.once('exit', this.#endWithUs);
  }

  static async start(tls?: RedisFiles): Promise<RedisSentinels> {
    const primary = await RedisProcess.start({ password, tls });
    const replica = await RedisProcess.start({ password, tls, replicaOf: primary });
    const sentinels = new RedisSentinels(primary, replica, tls);
    try {
      for (let i = 0; i < 3; i++) await sentinels.#add();
      await eventually(() => sentinels.#areAgreed(), 15_000);
      return sentinels;
    } catch (error) {
      await sentinels.remove();
      throw error;
    }
  }

  get url(): string {
    const hosts = this.#ports.map((port) => `127.0.0.1:${port}`).join(',');
    const scheme = this.tls ? 'rediss' : 'redis';
    return `${scheme}+sentinel://:${password}@${hosts}/${name}?sentinelPassword=${sentinelPassword}`;
  }

  async #add(): Promise<void> {
    const port = await closedPort();
    const file = join(this.#folder, `${port}.conf`);
    const settings = [
      ...(this.tls ? ['port 0', `tls-port ${port}`, ...tlsSettings(this.tls)] : [`port ${port}`]),
      'bind 127.0.0.1',
      `dir ${this.#folder}`,
      `requirepass ${sentinelPassword}`,
      `sentinel sentinel-pass ${sentinelPassword}`,
      `sentinel monitor ${name} 127.0.0.1 ${this.primary.servingPort} ${quorum}`,
      `sentinel auth-pass ${name} ${password}`,
      `sentinel down-after-milliseconds ${name} 500`,
      `sentinel failover-timeout ${name} 3000`,
    ];
    // It writes there what it learns.
    writeFileSync(file, settings.join('\n'));
    this.#sentinels.push(spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' }));
    this.#ports.push(port);
  }

  /** Each knows the replica and the other two: only then they can decide. */
  async #areAgreed(): Promise<boolean> {
    const told = await this.#tellAll();
    return told.every((fields) => fields.get('num-slaves') === '1' && fields.get('num-other-sentinels') === '2');
  }

  /** Whether all of them call the former replica the primary. */
  async haveFailedOver(): Promise<boolean> {
    const told = await this.#tellAll();
    return told.every((fields) => fields.get('port') === String(this.replica.servingPort));
  }

  #tellAll(): Promise<readonly ReadonlyMap<string, string>[]> {
    return Promise.all(this.#ports.map((port) => this.#tell(port)));
  }

  async #tell(port: number): Promise<ReadonlyMap<string, string>> {
    const tls = this.tls && { tls: { ca: readFileSync(this.tls.authority) } };
    // By the address, which the certificate is of.
    const to = { host: '127.0.0.1', port, password: sentinelPassword };
    const client = new Redis({ ...to, retryStrategy: () => null, ...tls });
    client.on('error', () => {});
    try {
      const flat = (await client.call('sentinel', 'master', name)) as string[];
      return new Map(flat.flatMap((key, index) => (index % 2 === 0 ? [[key, flat[index + 1] ?? ''] as const] : [])));
    } catch {
      return new Map();
    } finally {
      client.disconnect();
    }
  }

  async remove(): Promise<void> {
    process.off('exit', this.#endWithUs);
    for (const sentinel of this.#sentinels) {
      if (sentinel.kill('SIGKILL')) await once(sentinel, 'exit');
    }
    await Promise.all([this.primary.remove(), this.replica.remove()]);
    rmSync(this.#folder, { recursive: true });
  }
}
