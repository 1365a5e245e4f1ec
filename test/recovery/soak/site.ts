import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Answer, BrokerDriver } from '../../support/broker-driver.js';
import { BrokerPlace } from '../../support/broker-place.js';
import type { BrokerProcess } from '../../support/broker-process.js';
import { RedisProcess } from '../../support/redis-process.js';
import { RelayedCluster } from '../../support/relayed-cluster.js';
import type { Dice } from './dice.js';

export const roles = ['api', 'worker'] as const;
export type Role = (typeof roles)[number];

export interface SoakProcess {
  readonly broker: BrokerProcess;
  readonly role: Role;
  readonly startedAt: number;
  /** It is never killed nor stopped, so that its memory tells of the whole run. */
  readonly isElder: boolean;
}

const repeatMilliseconds = 250;
const requestSeconds = 120;

/** Two api processes and three workers with a Redis of their own, and a way to the cluster that can be broken. */
export class Site {
  readonly processes: SoakProcess[] = [];
  /** What must not have happened to a process. */
  readonly surprises: string[] = [];

  private constructor(
    readonly place: BrokerPlace,
    readonly redis: RedisProcess,
    readonly cluster: RelayedCluster,
  ) {}

  static async open(): Promise<Site> {
    const redis = await RedisProcess.start();
    const cluster = await RelayedCluster.start();
    const site = new Site(await BrokerPlace.open({ redisUrl: redis.url }), redis, cluster);
    await site.start('api', true);
    await Promise.all([site.start('api'), site.start('worker', true), site.start('worker'), site.start('worker')]);
    return site;
  }

  async start(role: Role, isElder = false): Promise<SoakProcess> {
    const broker = await this.place.start({
      HOLDFAST_ROLE: role,
      HOLDFAST_LOG_LEVEL: 'info',
      KUBECONFIG: this.cluster.kubeconfig,
    });
    const started = { broker, role, startedAt: Date.now(), isElder };
    this.processes.push(started);
    return started;
  }

  /** Takes it out of what runs: clients ask it no more. */
  withdraw(process: SoakProcess): void {
    this.processes.splice(this.processes.indexOf(process), 1);
  }

  mortals(role: Role): readonly SoakProcess[] {
    return this.processes.filter((process) => process.role === role && !process.isElder);
  }

  /** Starts anew what ended without being told to, and notes it. */
  async replaceEnded(): Promise<void> {
    for (const ended of this.processes.filter(({ broker }) => broker.hasEnded)) {
      const { broker, role, isElder } = ended;
      this.surprises.push(`${role} ${broker.pid} ended by itself: ${broker.output.slice(-3).join(' | ')}`);
      this.withdraw(ended);
      await this.start(role, isElder);
    }
  }

  /** Asks some api process, as through a load balancer; again where it died, or its store could not be reached. */
  async ask<Body>(dice: Dice, request: (driver: BrokerDriver) => Promise<Answer<Body>>): Promise<Answer<Body>> {
    const deadline = Date.now() + requestSeconds * 1000;
    for (;;) {
      const { broker } = dice.pick(this.processes.filter(({ role }) => role === 'api'));
      const answer = await request(this.place.driver(broker)).catch((error: unknown) => {
        // What `fetch` throws where a connection breaks or is refused.
        if (!(error instanceof TypeError)) throw error;
        return undefined;
      });
      if (answer && answer.status !== 503) return answer;
      if (Date.now() > deadline) throw new Error(`no answer within ${requestSeconds} s`);
      await sleep(repeatMilliseconds);
    }
  }

  /** Bytes that Redis uses; nothing while it is down. */
  async redisMemory(): Promise<number | undefined> {
    const told = await this.#onRedis((redis) => redis.info('memory')).catch(() => '');
    const [, bytes] = /^used_memory:(\d+)/m.exec(told) ?? [];
    return bytes === undefined ? undefined : Number(bytes);
  }

  async emptyRedis(): Promise<void> {
    await this.#onRedis((redis) => redis.flushall());
  }

  async close(): Promise<void> {
    try {
      await this.place.close();
    } finally {
      await this.redis.remove();
      await this.cluster.remove();
    }
  }

  async #onRedis<Result>(work: (redis: Redis) => Promise<Result>): Promise<Result> {
    const redis = new Redis(this.redis.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
    redis.on('error', () => {});
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }
}
