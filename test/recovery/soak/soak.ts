import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytes } from '../../support/resident-memory.js';
import { SoakClient } from './client.js';
import { Dice } from './dice.js';
import { deleteAll, failures, leftovers, operationsOf, settle, tally, untold } from './ending.js';
import { disturb, type Fault } from './faults.js';
import { growthOf, type Sample } from './memory.js';
import { roles, Site } from './site.js';

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly clients: number;
  readonly print: (line: string) => void;
}

const sampleSeconds = 15;
const samplesALine = 60 / sampleSeconds;
const settleSeconds = 300;
/** Longer than BullMQ takes to see that the worker of a job is dead. */
const jobSeconds = 20;
/** Below, what a process loads and keeps in its first minutes hides the rest. */
const tellingMinutes = 30;
const mostGrowth = 1.3;

/** @returns what went wrong */
export async function soak(options: SoakOptions): Promise<readonly string[]> {
  const site = await Site.open();
  const wrong: string[] = [];
  try {
    wrong.push(...(await new Soak(options, site).run()));
  } finally {
    // It fails where a secret is in a log, or in the store as it is.
    await site.close().catch((error: Error) => wrong.push(error.message));
  }
  return wrong;
}

class Soak {
  readonly #began = Date.now();
  readonly #samples: Sample[] = [];
  #clients: readonly SoakClient[] = [];
  #faults: ReadonlyMap<Fault, number> = new Map();

  constructor(
    private readonly options: SoakOptions,
    private readonly site: Site,
  ) {}

  async run(): Promise<readonly string[]> {
    const { minutes, seed, print } = this.options;
    const { store } = this.site.place;
    const dice = new Dice(seed);
    await this.#prepare();
    print(`soak of ${minutes} min with ${this.options.clients} clients, seed ${seed}`);
    const over = AbortSignal.timeout(minutes * 60_000);
    const work = this.#clients.map((client) => client.work(over));
    const [disturbed] = await Promise.allSettled([disturb(this.site, dice, over), this.#measure(over)]);
    if (disturbed.status === 'fulfilled') this.#faults = disturbed.value;
    await Promise.race([Promise.all(work), sleep(settleSeconds * 1000, undefined, { ref: false })]);
    const stuck = await settle(store, settleSeconds);
    await this.#line();
    await deleteAll(this.site, dice);
    const undeleted = await settle(store, settleSeconds);
    const left = await leftovers(this.site, jobSeconds);
    return [
      ...(disturbed.status === 'rejected' ? [`a fault could not be made: ${disturbed.reason}`] : []),
      ...stuck.map((operation) => `in progress: ${operation}`),
      ...undeleted.map((operation) => `in progress after everything was deleted: ${operation}`),
      ...left.map((what) => `left over: ${what}`),
      ...(await failures(store)).map((failed) => `failed: ${failed}`),
      ...(await untold(store)).map((operation) => `not told once: ${operation}`),
      ...this.#clients.flatMap(({ complaints }) => complaints),
      ...this.site.surprises,
      ...(await this.#close({ stuck: stuck.length + undeleted.length, left: left.length })),
    ];
  }

  async #prepare(): Promise<void> {
    const { seed, clients } = this.options;
    const [first] = this.site.processes;
    if (!first) throw new Error('nothing runs');
    const driver = this.site.place.driver(first.broker);
    const plans = {
      developer: await driver.sold('mongodb', 'developer'),
      'replica-set-small': await driver.sold('mongodb', 'replica-set-small'),
    };
    this.#clients = Array.from(
      { length: clients },
      (_, at) => new SoakClient(`client-${at}`, this.site, new Dice(seed + at + 1), plans),
    );
  }

  async #measure(over: AbortSignal): Promise<void> {
    for (let count = 1; !over.aborted; count++) {
      await sleep(sampleSeconds * 1000, undefined, { signal: over }).catch(() => {});
      for (const process of this.site.processes) {
        const bytes = residentBytes(process.broker.pid);
        const { role, isElder, startedAt } = process;
        const age = (Date.now() - startedAt) / 1000;
        if (bytes !== undefined) this.#samples.push({ role, isElder, at: this.#seconds, age, bytes });
      }
      if (count % samplesALine === 0) await this.#line();
    }
  }

  async #line(): Promise<void> {
    const { store } = this.site.place;
    const counts = [...(await tally(store))].map(([what, count]) => `${what} ${count}`);
    const memory = roles.map((role) => {
      const sizes = this.site.processes
        .filter((process) => process.role === role)
        .map(({ broker }) => residentBytes(broker.pid));
      return `${role} ${sizes.map(mebibytes).join(' ')}`;
    });
    const collections = ['service_instances', 'service_bindings', 'operations', 'audit_events'];
    const documents = await Promise.all(
      collections.map(async (name) => `${name} ${await store.collection(name).countDocuments()}`),
    );
    this.options.print(
      [
        `${Math.round(this.#seconds / 60)} min`,
        counts.join(', '),
        `RSS in MiB: ${memory.join(', ')}`,
        `Redis ${mebibytes(await this.site.redisMemory())} MiB`,
        `store: ${documents.join(', ')}`,
      ].join(' | '),
    );
  }

  /** The closing lines. @returns what is wrong with the memory */
  async #close({ stuck, left }: { readonly stuck: number; readonly left: number }): Promise<readonly string[]> {
    const { minutes, print } = this.options;
    const { store } = this.site.place;
    const growth = growthOf(this.#samples, minutes * 60);
    print('');
    print(`faults: ${[...this.#faults].map(([fault, count]) => `${fault} ${count}`).join(', ')}`);
    print(`operations: ${await operationsOf(store).countDocuments()}, in progress ${stuck}, left over ${left}`);
    print([...(await tally(store))].map(([what, count]) => `${what} ${count}`).join(', '));
    for (const { what, first, last, ratio } of growth) {
      print(
        `memory, ${what}: ${mebibytes(first)} MiB in the first third, ${mebibytes(last)} in the last: ${ratio.toFixed(2)}`,
      );
    }
    return growth
      .filter(({ ratio }) => minutes >= tellingMinutes && ratio > mostGrowth)
      .map(({ what, ratio }) => `memory is not flat: ${what} has ${ratio.toFixed(2)} times as much`);
  }

  get #seconds(): number {
    return (Date.now() - this.#began) / 1000;
  }
}

const mebibytes = (bytes: number | undefined): string => (bytes === undefined ? '-' : (bytes / 2 ** 20).toFixed(0));
