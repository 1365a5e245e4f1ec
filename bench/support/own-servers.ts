import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisProcess } from '../../test/support/redis-process.js';
import { StoreProcess } from '../../test/support/store-process.js';

/** A store and a Redis that nobody else uses. */
export class OwnServers {
  private constructor(
    readonly store: StoreProcess,
    readonly redis: RedisProcess,
    private readonly folder: string,
  ) {}

  static async start(): Promise<OwnServers> {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
    return new OwnServers(await StoreProcess.start(folder), await RedisProcess.start(), folder);
  }

  get urls(): { readonly storeUrl: string; readonly redisUrl: string } {
    return { storeUrl: this.store.url, redisUrl: this.redis.url };
  }

  async remove(): Promise<void> {
    await Promise.all([this.store.remove(), this.redis.remove()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
