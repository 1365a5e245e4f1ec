import type { Benchmark, Comparison, Findings } from '../benchmark.js';
import { interleave } from '../rounds.js';
import { ratioOf, summarize } from '../statistics.js';
import { ClusterBroker } from '../support/cluster-broker.js';
import { floor } from './floor.js';
import { journey, type Timeline } from './journey.js';
import { templateOf } from './template.js';

const plan = 'replica-set-small';

/** What a timeline tells, in the order in which it is reached, and what it is called in the figures. */
const milestones: Readonly<Record<string, string>> = {
  objects: 'objects applied',
  'rs0-start': 'first member runs',
  'rs0-initiate': 'primary elected',
  'rs0-members': 'members added',
  'rs0-votes': 'all members vote',
  provisioned: 'provisioned',
  bound: 'bound',
  'majority write': 'majority write',
};
const end = 'majority write';

export const provision: Benchmark = {
  name: 'provision',
  title: 'from a PUT to a majority write with the returned credentials, a replica set of three members',
  leastRounds: 10,
  async run({ rounds, say }): Promise<Findings> {
    const broker = await ClusterBroker.start();
    try {
      const sold = await broker.driver.sold('mongodb', plan);
      const template = templateOf(plan);
      const measured = await interleave<Timeline, 'Holdfast' | 'the floor'>(
        rounds,
        {
          Holdfast: async (round) => {
            const id = `provision-${round}`;
            const timeline = await journey(broker, id, sold);
            await broker.deprovision(id, sold);
            return timeline;
          },
          'the floor': async () => {
            const { timeline, remove } = await floor(template);
            await remove();
            return timeline;
          },
        },
        (round, { Holdfast, 'the floor': reference }) =>
          say(`round ${round + 1}: Holdfast ${Holdfast[end]} ms, the floor ${reference[end]} ms`),
      );
      return findingsOf(measured.Holdfast, measured['the floor']);
    } finally {
      await broker.stop();
    }
  },
};

function findingsOf(ours: readonly Timeline[], reference: readonly Timeline[]): Findings {
  const comparisons = Object.entries(milestones).map(([milestone, name]): Comparison => {
    const seconds = (timelines: readonly Timeline[]) =>
      timelines.map((timeline) => (timeline[milestone] ?? Number.NaN) / 1_000);
    return {
      name,
      unit: 's',
      subjects: [
        { name: 'Holdfast', samples: seconds(ours) },
        { name: 'the floor', samples: seconds(reference) },
      ],
      ratio: ['Holdfast', 'the floor'],
    };
  });
  const whole = comparisons.find(({ name }) => name === end);
  if (!whole) throw new Error(`${end} was not measured`);
  const medians = (subject: number) => comparisons.map(({ subjects }) => medianOf(subjects[subject]?.samples ?? []));
  return {
    comparisons,
    conditions: [
      `plan ${plan}, new each time; a client that asks last_operation every 100 ms; members reached as from a pod`,
      'the floor: a script that applies the same objects and sends the same commands straight to the members, and keeps no records',
    ],
    goals: [
      { name: 'ratio of the medians', measured: ratioOf(whole) ?? Number.NaN, bound: { atMost: 1.15 } },
      { name: 'median in seconds', measured: medianOf(whole.subjects[0]?.samples ?? []), bound: { atMost: 6 } },
    ],
    chart: {
      kind: 'bars',
      title: 'From a PUT to a majority write, three members',
      measure: 'seconds, median',
      categories: comparisons.map(({ name }) => name),
      series: [
        { name: 'Holdfast', values: medians(0) },
        { name: 'the floor', values: medians(1) },
      ],
    },
  };
}

const medianOf = (samples: readonly number[]): number => summarize(samples).median;
