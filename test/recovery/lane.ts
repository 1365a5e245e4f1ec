import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, BrokerDriver } from '../support/broker-driver.js';
import { BrokerPlace } from '../support/broker-place.js';
import type { BrokerProcess } from '../support/broker-process.js';
import { FaultPoints, type Strike } from '../support/fault-points.js';
import type { Finding } from './findings.js';

// Each process of each lane listens for our exit.
process.setMaxListeners(100);

type Role = 'api' | 'worker';

const lookMilliseconds = 20;
/** What an operation does last may come after the platform has heard of its end. */
const lateMilliseconds = 400;
const requestSeconds = 60;

/** A broker of one api process and two workers, each of which may be struck; another takes its place at once. */
export class Lane {
  readonly points = FaultPoints.open();
  readonly #running = new Map<BrokerProcess, Role>();
  readonly #ended = new Map<BrokerProcess, Role>();

  private constructor(readonly place: BrokerPlace) {}

  /** @param environment what is special about the environment of its brokers */
  static async open(environment: NodeJS.ProcessEnv): Promise<Lane> {
    const lane = new Lane(await BrokerPlace.open({}, environment));
    try {
      // The first one alone makes what all of them share: the store's collections, and who they are.
      await lane.#start('api');
      await Promise.all([lane.#start('worker'), lane.#start('worker')]);
    } catch (error) {
      await lane.close();
      throw error;
    }
    return lane;
  }

  /** A platform's view of the api process; `undefined` while there is none. */
  get driver(): BrokerDriver | undefined {
    const [api] = [...this.#running].find(([, role]) => role === 'api') ?? [];
    return api && this.place.driver(api);
  }

  /** The log lines of every process, ended ones too, that tell of an operation. */
  linesAbout(operation: string): readonly string[] {
    return [...this.#ended, ...this.#running].flatMap(([broker, role]) =>
      broker.output.filter((line) => line.includes(operation)).map((line) => `${role} ${broker.pid} ${line}`),
    );
  }

  /** Asks as a platform does: what gets no answer, because the process died, is asked again of the next one. */
  async ask<Body>(request: (driver: BrokerDriver) => Promise<Answer<Body>>): Promise<Answer<Body>> {
    const deadline = Date.now() + requestSeconds * 1000;
    for (;;) {
      try {
        if (this.driver) return await request(this.driver);
      } catch (error) {
        // What `fetch` throws where a connection breaks or is refused.
        if (!(error instanceof TypeError)) throw error;
      }
      if (Date.now() > deadline) throw new Error(`no answer within ${requestSeconds} s`);
      await sleep(lookMilliseconds);
    }
  }

  /**
   * Does `work` with one point armed; what is struck there is replaced at once.
   * @returns when the replacement is ready
   */
  async struckDuring(point: string | undefined, work: () => Promise<void>): Promise<Strike | undefined> {
    if (point === undefined) {
      await work();
      return undefined;
    }
    this.points.arm(point);
    const over = new AbortController();
    const carriedOut = async () => {
      try {
        await work();
        await sleep(lateMilliseconds);
      } finally {
        over.abort();
      }
    };
    const [strike] = await Promise.all([this.#watch(over.signal), carriedOut()]);
    return strike;
  }

  async #watch(over: AbortSignal): Promise<Strike | undefined> {
    while (!this.points.struck && !over.aborted) await sleep(lookMilliseconds);
    const strike = this.points.struck ?? (await this.points.disarm());
    if (strike) await this.#replace(strike);
    return strike;
  }

  async #replace({ pid, point }: Strike): Promise<void> {
    const [broker] = [...this.#running].find(([candidate]) => candidate.pid === pid) ?? [];
    if (!broker) throw new Error(`process ${pid}, struck at ${point}, is none of the lane`);
    // It is dead already, or about to be.
    await broker.kill();
    await this.#succeed(broker);
  }

  /** Replaces what ended without being struck, and tells of it. */
  async replaceEnded(): Promise<readonly Finding[]> {
    const findings: Finding[] = [];
    for (const [broker, role] of [...this.#running]) {
      if (!broker.hasEnded) continue;
      const text = `${role} ${broker.pid} ended by itself: ${broker.output.slice(-3).join(' | ')}`;
      findings.push({ sort: 'lost', text });
      await this.#succeed(broker);
    }
    return findings;
  }

  async #succeed(broker: BrokerProcess): Promise<void> {
    const role = this.#running.get(broker) ?? 'worker';
    this.#running.delete(broker);
    this.#ended.set(broker, role);
    await this.#start(role);
  }

  async close(): Promise<void> {
    try {
      await this.place.close();
    } finally {
      this.points.remove();
    }
  }

  async #start(role: Role): Promise<void> {
    const broker = await this.place.start({
      HOLDFAST_ROLE: role,
      HOLDFAST_FAULT_POINTS: this.points.folder,
      HOLDFAST_LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'debug',
    });
    this.#running.set(broker, role);
  }
}
