import type { Benchmark, Comparison, Findings } from '../benchmark.js';
import { journey, type Timeline } from '../provision/journey.js';
import { summarize } from '../statistics.js';
import { ClusterBroker, routersAre } from '../support/cluster-broker.js';

const plan = 'sharded-small';
/** Of the steps of all replica sets, which run side by side, the last one counts. */
const milestones: Readonly<Record<string, RegExp>> = {
  'objects applied': /^objects$/,
  'first members run': /-start$/,
  'primaries elected': /-initiate$/,
  'members added': /-members$/,
  'all members vote': /-votes$/,
  'shards added': /^shards-add$/,
  provisioned: /^provisioned$/,
  bound: /^bound$/,
  'majority write': /^majority write$/,
};

export const sharded: Benchmark = {
  name: 'sharded',
  title: 'from a PUT to a majority write with the returned credentials, a sharded cluster',
  leastRounds: 10,
  async run({ rounds, say }): Promise<Findings> {
    const broker = await ClusterBroker.start();
    try {
      const sold = await broker.driver.sold('mongodb', plan);
      const timelines: Timeline[] = [];
      for (let round = 0; round < rounds; round++) {
        const id = `sharded-${round}`;
        const timeline = await journey(broker, id, sold);
        timelines.push(timeline);
        say(`round ${round + 1}: ${timeline['majority write']} ms`);
        await broker.deprovision(id, sold);
      }
      return findingsOf(timelines);
    } finally {
      await broker.stop();
    }
  },
};

function findingsOf(timelines: readonly Timeline[]): Findings {
  const comparisons = Object.entries(milestones).map(([name, steps]): Comparison => {
    const lastOf = (timeline: Timeline) =>
      Math.max(...Object.entries(timeline).flatMap(([step, reached]) => (steps.test(step) ? [reached] : [])));
    const samples = timelines.map((timeline) => lastOf(timeline) / 1_000);
    return { name, unit: 's', subjects: [{ name: 'Holdfast', samples }] };
  });
  return {
    comparisons,
    conditions: [
      `plan ${plan}: two shards of three members, three config servers, two routers, with ${routersAre}`,
      'by itself: there is no reference that brings up a sharded cluster',
    ],
    goals: [],
    chart: {
      kind: 'bars',
      title: 'From a PUT to a majority write, a sharded cluster',
      measure: 'seconds, median',
      categories: comparisons.map(({ name }) => name),
      series: [
        {
          name: 'Holdfast',
          values: comparisons.map(({ subjects }) => summarize(subjects[0]?.samples ?? []).median),
        },
      ],
    },
  };
}
