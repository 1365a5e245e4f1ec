import { setTimeout as sleep } from 'node:timers/promises';
import { KeyRing } from '../../src/store/encryption.js';
import type { BrokerDriver } from '../../test/support/broker-driver.js';
import type { BrokerProcess } from '../../test/support/broker-process.js';
import { addCopies, type Sample, samplesOf } from '../../test/support/instance-copies.js';
import { encryptionKey } from '../../test/support/stub-broker.js';
import { StubProcesses } from '../../test/support/stub-processes.js';
import type { OwnServers } from '../support/own-servers.js';
import { Tasks } from '../support/tasks.js';

const samplesMade = 10;
/** Provisions that run at once, by whichever workers: some more than keep two cores busy. */
const places = '20';

/** A database in which provisions wait for their turn, and a broker that has accepted them. */
export class Backlog {
  readonly platform: BrokerDriver;
  #copies = 0;

  private constructor(
    readonly processes: StubProcesses,
    readonly api: BrokerProcess,
    readonly tasks: Tasks,
    private readonly samples: readonly Sample[],
    private readonly environment: NodeJS.ProcessEnv,
  ) {
    this.platform = processes.driver(api);
  }

  /** One instance is there; what waits are copies of provisions that the broker accepted while nobody worked. */
  static async make(servers: OwnServers): Promise<Backlog> {
    const processes = new StubProcesses(servers.urls);
    const environment = { HOLDFAST_MAXIMUM_CONCURRENT_PROVISIONS: places, HOLDFAST_RATE_LIMIT_PER_SECOND: '1000000' };
    const api = await processes.start({
      ...environment,
      HOLDFAST_ROLE: 'api',
      HOLDFAST_MAXIMUM_CONCURRENT_PROVISIONS: '1',
    });
    const driver = processes.driver(api);
    const sold = await driver.sold('stub', 'small');
    const worker = await processes.start({ ...environment, HOLDFAST_ROLE: 'worker' });
    await driver.provision('there', sold);
    await driver.poll('there', { seconds: 30 });
    await worker.terminate();
    // The first takes the only place; the others wait.
    const names = Array.from({ length: samplesMade + 1 }, (_, number) => `sample-${number}`);
    for (const name of names) await driver.provision(name, sold);
    const samples = await samplesOf(processes.store, ...names.slice(1));
    if (samples.some(({ operations }) => operations[0]?.state !== 'queued')) throw new Error('a sample does not wait');
    const tasks = await Tasks.of(processes.store, new KeyRing([encryptionKey]), processes.scratch, 0);
    return new Backlog(processes, api, tasks, samples, environment);
  }

  get waiting(): Promise<number> {
    return this.processes.store.operations.countDocuments({ state: 'queued' });
  }

  /** Has so many wait, all of them accepted just now. */
  async fillUp(count: number): Promise<void> {
    const missing = count - (await this.waiting);
    const accepted = Math.min(...this.samples.map(({ operations }) => operations[0]?.acceptedAt.getTime() ?? 0));
    const first = this.#copies;
    await addCopies(
      this.processes.store,
      { ring: new KeyRing([encryptionKey]), audit: this.tasks.audit },
      this.samples,
      Math.max(0, missing),
      { name: (number) => this.nameOf(first + number), age: (number) => accepted - Date.now() + missing - number },
    );
    this.#copies += Math.max(0, missing);
  }

  readonly nameOf = (number: number): string => `waits-${number}`;

  /** The one that was accepted last. */
  get last(): string {
    return this.nameOf(this.#copies - 1);
  }

  /** How many a second some workers work off. */
  async rateWith(workers: number, seconds: number): Promise<number> {
    const { store } = this.processes;
    const started = await Promise.all(
      Array.from({ length: workers }, () => this.processes.start({ ...this.environment, HOLDFAST_ROLE: 'worker' })),
    );
    const ended = () => store.operations.countDocuments({ state: 'succeeded' });
    const [before, began] = [await ended(), performance.now()];
    await sleep(seconds * 1_000);
    const [after, over] = [await ended(), performance.now()];
    await Promise.all(started.map((worker) => worker.terminate()));
    if ((await this.waiting) === 0) throw new Error('there was too little to do');
    return ((after - before) * 1_000) / (over - began);
  }

  async end(): Promise<void> {
    await this.tasks.close();
    await this.processes.end();
  }
}
