import { setTimeout as sleep } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import { generateBindingSecrets } from '../../src/services/mongodb/secrets.js';
import { newIdentifier } from '../../src/store/identifier.js';
import type { Sold } from '../../test/support/broker-driver.js';
import type { Benchmark, Comparison, Findings } from '../benchmark.js';
import { bind as bindPlainly, floor, type Plain } from '../provision/floor.js';
import { templateOf } from '../provision/template.js';
import { interleave } from '../rounds.js';
import { ratioOf, summarize } from '../statistics.js';
import { ClusterBroker } from '../support/cluster-broker.js';

const plan = 'replica-set-small';
/** Longer than the broker keeps a connection to a member that it does not use. */
const idleMilliseconds = 6_000;

/** Milliseconds of a bind that finds no connection to the primary, and of one that comes at once after it. */
interface Sample {
  readonly first: number;
  readonly next: number;
}

export const bind: Benchmark = {
  name: 'bind',
  title: 'from a PUT to the credentials of a binding, in one request',
  leastRounds: 10,
  async run({ rounds, say }): Promise<Findings> {
    const broker = await ClusterBroker.start();
    const plain = await floor(templateOf(plan));
    try {
      const sold = await broker.driver.sold('mongodb', plan);
      await broker.driver.provision('bind', sold);
      await broker.succeed('bind');
      // What either does for the first time is not what is measured.
      await Promise.all([askFor(broker, sold, 'warm-up'), script(plain)]);
      const { Holdfast, 'the driver': driver } = await interleave<Sample, 'Holdfast' | 'the driver'>(
        rounds,
        {
          Holdfast: async (round) => {
            await sleep(idleMilliseconds);
            const first = await timed(() => askFor(broker, sold, `first-${round}`));
            return { first, next: await timed(() => askFor(broker, sold, `next-${round}`)) };
          },
          'the driver': () => script(plain),
        },
        (round, samples) => say(`round ${round + 1}: ${JSON.stringify(samples)}`),
      );
      await broker.deprovision('bind', sold);
      return findingsOf(Holdfast, driver);
    } finally {
      await plain.remove();
      await broker.stop();
    }
  },
};

async function askFor({ driver }: ClusterBroker, sold: Sold, bindingId: string): Promise<void> {
  const { status, body } = await driver.bind('bind', bindingId, sold);
  if (status !== 201 || !body.credentials) throw new Error(`bind was answered ${status}: ${JSON.stringify(body)}`);
}

/** Connects as a script does, makes a user, and another one over the same connection. */
async function script({ shape, connect }: Plain): Promise<Sample> {
  const make = (client: MongoClient) =>
    bindPlainly(shape, { id: newIdentifier(), secrets: generateBindingSecrets() }, client.db('admin'));
  const began = performance.now();
  const client = await connect();
  await make(client);
  const first = performance.now() - began;
  const next = await timed(() => make(client));
  await client.close();
  return { first, next };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function findingsOf(ours: readonly Sample[], reference: readonly Sample[]): Findings {
  const comparison = (name: string, of: keyof Sample): Comparison => ({
    name,
    unit: 'ms',
    subjects: [
      { name: 'Holdfast', samples: ours.map((sample) => sample[of]) },
      { name: 'the driver', samples: reference.map((sample) => sample[of]) },
    ],
    ratio: ['Holdfast', 'the driver'],
  });
  const first = comparison('no connection yet', 'first');
  const next = comparison('connection open', 'next');
  const comparisons = [first, next];
  const medianOf = ({ subjects }: Comparison, index: number) => summarize(subjects[index]?.samples ?? []).median;
  return {
    comparisons,
    conditions: [
      `an instance of ${plan} for each; bind answers 201 with the credentials, having waited for the worker`,
      'the driver: createUser with a majority straight at the primary, and the NetworkPolicy, on a connection made for it',
    ],
    goals: [
      { name: 'median in ms', measured: medianOf(first, 0), bound: { atMost: 300 } },
      { name: 'ratio of the medians', measured: ratioOf(first) ?? Number.NaN, bound: { atMost: 1.5 } },
    ],
    chart: {
      kind: 'bars',
      title: 'From a PUT to the credentials of a binding',
      measure: 'milliseconds, median',
      categories: comparisons.map(({ name }) => name),
      series: [
        { name: 'Holdfast', values: comparisons.map((each) => medianOf(each, 0)) },
        { name: 'the driver', values: comparisons.map((each) => medianOf(each, 1)) },
      ],
    },
  };
}
