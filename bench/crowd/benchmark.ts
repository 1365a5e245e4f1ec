import pLimit from 'p-limit';
import type { BenchContext, Benchmark, Comparison, Findings } from '../benchmark.js';
import { floor } from '../provision/floor.js';
import { journey } from '../provision/journey.js';
import { templateOf } from '../provision/template.js';
import { interleave } from '../rounds.js';
import { ratioOf, summarize } from '../statistics.js';
import { ClusterBroker } from '../support/cluster-broker.js';

const plan = 'replica-set-small';
/** Platforms leave seconds between two questions. */
const askEveryMilliseconds = 500;
/**
 * How many provisions Holdfast lets run at once, unless it is told otherwise; the floor likewise: of thirty that it began
 * together, some had not come up within ten minutes.
 */
const mostTogether = 10;
/** As much of the cluster's time as many deletions at once leave it. */
const mostDeletions = 5;

type Name = 'Holdfast' | 'the floor';

export const crowd: Benchmark = {
  name: 'crowd',
  title: 'replica sets of three members that are asked for at once, until the last one has taken a majority write',
  leastRounds: 10,
  run: (context) => measure([1, 5, 10], context),
};

/** By itself, and in fewer rounds: one takes up to ten minutes. */
export const crowdThatWaits: Benchmark = {
  name: 'crowd-that-waits',
  title: `as crowd, of more than the ${mostTogether} that are let run at once`,
  leastRounds: 3,
  run: (context) => measure([20, 30], context),
};

async function measure(sizes: readonly number[], { rounds, say }: BenchContext): Promise<Findings> {
  const broker = await ClusterBroker.start();
  try {
    const sold = await broker.driver.sold('mongodb', plan);
    const template = templateOf(plan);
    const comparisons: Comparison[] = [];
    for (const size of sizes) {
      const { Holdfast, 'the floor': reference } = await interleave<number, Name>(
        rounds,
        {
          Holdfast: async (round) => {
            const ids = Array.from({ length: size }, (_, index) => `crowd-${size}-${round}-${index}`);
            const seconds = await timed(() =>
              Promise.all(ids.map((id) => journey(broker, id, sold, askEveryMilliseconds))),
            );
            await few(ids.map((id) => () => broker.deprovision(id, sold)));
            return seconds;
          },
          'the floor': async () => {
            const made: (() => Promise<void>)[] = [];
            const one = async () => void made.push((await floor(template)).remove);
            const seconds = await timed(() =>
              few(
                Array.from({ length: size }, () => one),
                mostTogether,
              ),
            );
            await few(made);
            return seconds;
          },
        },
        (round, samples) => say(`${size} at once, round ${round + 1}: ${JSON.stringify(samples)} s`),
      );
      comparisons.push(comparisonOf(size, Holdfast, reference));
    }
    return findingsOf(comparisons);
  } finally {
    await broker.stop();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}

async function few(work: readonly (() => Promise<void>)[], most = mostDeletions): Promise<void> {
  const limit = pLimit(most);
  await Promise.all(work.map((each) => limit(each)));
}

function comparisonOf(size: number, ours: readonly number[], reference: readonly number[]): Comparison {
  return {
    name: size === 1 ? 'one' : `${size} at once`,
    unit: 's',
    subjects: [
      { name: 'Holdfast', samples: ours },
      { name: 'the floor', samples: reference },
    ],
    ratio: ['Holdfast', 'the floor'],
  };
}

function findingsOf(comparisons: readonly Comparison[]): Findings {
  const medians = (index: number) =>
    comparisons.map(({ subjects }) => summarize(subjects[index]?.samples ?? []).median);
  return {
    comparisons,
    conditions: [
      `plan ${plan}; last_operation is asked every ${askEveryMilliseconds} ms; Holdfast lets ${mostTogether} provisions run at once (its default), and so does the floor`,
      'each total is until the last set has taken a majority write with the credentials of a binding',
    ],
    goals: comparisons.map((comparison) => ({
      name: `ratio of the medians, ${comparison.name}`,
      measured: ratioOf(comparison) ?? Number.NaN,
      bound: { atMost: 1.2 },
    })),
    chart: {
      kind: 'bars',
      title: 'Replica sets asked for at once, until the last one is used',
      measure: 'seconds, median',
      categories: comparisons.map(({ name }) => name),
      series: [
        { name: 'Holdfast', values: medians(0) },
        { name: 'the floor', values: medians(1) },
      ],
    },
  };
}
