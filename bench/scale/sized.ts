import { KeyRing } from '../../src/store/encryption.js';
import { BrokerDriver } from '../../test/support/broker-driver.js';
import type { BrokerProcess } from '../../test/support/broker-process.js';
import { addCopies, samplesOf } from '../../test/support/instance-copies.js';
import { encryptionKey } from '../../test/support/stub-broker.js';
import { StubProcesses } from '../../test/support/stub-processes.js';
import type { OwnServers } from '../support/own-servers.js';
import { Tasks } from '../support/tasks.js';

const made = 20;
const bound = 4;

/** A database with a number of instances, and the brokers that serve it. */
export class Sized {
  readonly #processes: StubProcesses;
  readonly operator: BrokerDriver;
  /** Internal ids of some instances that half of all follow, in order. */
  places: readonly string[] = [];

  private constructor(
    readonly size: number,
    processes: StubProcesses,
    readonly tasks: Tasks,
    readonly brokers: { readonly api: BrokerProcess; readonly worker: BrokerProcess },
    readonly platform: BrokerDriver,
  ) {
    this.#processes = processes;
    const { url } = brokers.api;
    this.operator = new BrokerDriver({ url, user: 'operator', password: 'secret' });
  }

  /** The brokers make some instances, all others are copies of these. */
  static async make(size: number, servers: OwnServers, environment: NodeJS.ProcessEnv): Promise<Sized> {
    const processes = new StubProcesses(servers.urls);
    const { store, scratch } = processes;
    const api = await processes.start({ ...environment, HOLDFAST_ROLE: 'api' });
    const worker = await processes.start({ ...environment, HOLDFAST_ROLE: 'worker' });
    const driver = processes.driver(api);
    const sold = await driver.sold('stub', 'small');
    const names = Array.from({ length: made }, (_, number) => nameOf(number));
    for (const name of names) {
      await driver.provision(name, sold);
      await driver.poll(name, { seconds: 30 });
    }
    for (const name of names.slice(0, bound)) {
      await driver.bind(name, `${name}-b`, sold);
      await driver.poll(name, { bindingId: `${name}-b`, seconds: 30 });
    }
    const ring = new KeyRing([encryptionKey]);
    const tasks = await Tasks.of(store, ring, scratch, 10);
    const samples = await samplesOf(store, ...names);
    await addCopies(store, { ring, audit: tasks.audit }, samples, size - made, {
      name: (number) => nameOf(made + number),
      age: (number) => number * 1_000,
    });
    const sized = new Sized(size, processes, tasks, { api, worker }, driver);
    const places = await store.instances.aggregate<{ readonly _id: string }>([
      { $sample: { size: 100 } },
      { $project: { _id: 1 } },
    ]);
    const ids = (await places.toArray()).map(({ _id }) => _id).sort();
    sized.places = ids.slice(0, ids.length / 2);
    return sized;
  }

  /** One of its instances, at random. */
  get anyName(): string {
    return nameOf(Math.floor(Math.random() * this.size));
  }

  async end(): Promise<void> {
    await this.tasks.close();
    await this.#processes.end();
  }
}

const nameOf = (number: number): string => `i-${number}`;
