import type { Benchmark, Comparison, Findings, Goal } from '../benchmark.js';
import { interleave } from '../rounds.js';
import { ratioOf, summarize } from '../statistics.js';
import { type Burst, LoadGenerator } from '../support/load.js';
import {
  type BrokerBursts,
  burstsOnBroker,
  burstsOnReference,
  Pace,
  provisionBody,
  type ReferenceBursts,
  type Size,
} from './bursts.js';
import { authorization, MeasuredBroker, Reference } from './servers.js';

const sizes: readonly Size[] = [
  { connections: 32, seconds: 0.8 },
  { connections: 1, seconds: 0.3 },
  { connections: 256, seconds: 0.6 },
];
/** At which the goals are. */
const usual = 32;
const mostMilliseconds = 30;

interface Round {
  readonly reference: ReferenceBursts;
  readonly api: BrokerBursts;
  readonly all: BrokerBursts;
}

interface Verb {
  readonly of: keyof BrokerBursts;
  readonly title: string;
  /** What no such answer can be had without. */
  readonly floor: Exclude<keyof ReferenceBursts, 'bare'>;
  /** Share of the floor's rate. */
  readonly leastShare?: number;
}

const verbs: readonly Verb[] = [
  { of: 'catalog', title: 'catalog', floor: 'constant', leastShare: 0.8 },
  { of: 'lastOperation', title: 'last_operation', floor: 'read', leastShare: 0.7 },
  { of: 'provision', title: 'PUT', floor: 'insert', leastShare: 0.5 },
  { of: 'update', title: 'PATCH', floor: 'insert' },
  { of: 'deprovision', title: 'DELETE', floor: 'insert' },
];

const floors = { constant: 'Express, constant', read: 'Express, one read', insert: 'Express, one insert' } as const;

/** How many requests a second the broker answers, beside what any server on the same store could. */
export const accept: Benchmark = {
  name: 'accept',
  title: 'Requests a second and p99, beside Express that does the least that is needed for the answer',
  leastRounds: 10,
  async run({ rounds, say }): Promise<Findings> {
    const load = new LoadGenerator();
    const bench = { load, pace: new Pace() };
    const [api, all] = [await MeasuredBroker.start('api'), await MeasuredBroker.start('all')];
    const catalog = await fetch(`${api.url}/v2/catalog`, {
      headers: { authorization, 'x-broker-api-version': '2.17' },
    });
    const reference = await Reference.start(await catalog.text());
    const sold = await api.sold();
    const body = provisionBody(sold);
    const parts = (size: Size) => {
      const named = (round: number | string) => `${size.connections}-${round}`;
      return {
        reference: (round: number | string) => burstsOnReference(bench, reference, size, named(round), body),
        api: (round: number | string) => burstsOnBroker(bench, api, 'api', size, named(round), sold),
        all: (round: number | string) => burstsOnBroker(bench, all, 'all', size, named(round), sold),
      };
    };
    try {
      const taken = new Map<number, readonly Round[]>();
      for (const size of sizes) {
        const { reference, api, all } = parts(size);
        // Uncounted: code gets compiled, connections get made, and it shows how fast each is.
        for (const time of ['first', 'second']) for (const part of [reference, api, all]) await part(time);
        const bursts = await interleave<Round[keyof Round], keyof Round>(
          rounds,
          { reference, api, all },
          (round, samples) =>
            say(`${size.connections} connections, round ${round + 1}: ${told(samples as unknown as Round)}`),
        );
        taken.set(
          size.connections,
          bursts.reference.map(
            (part, round) => ({ reference: part, api: bursts.api[round], all: bursts.all[round] }) as Round,
          ),
        );
      }
      return findings(taken);
    } finally {
      load.stop();
      await Promise.all([api.end(), all.end(), reference.end()]);
    }
  },
};

function told({ reference, api }: Round): string {
  return verbs
    .map(({ of, title, floor }) => {
      const burst = api[of];
      return (
        burst &&
        `${title} ${burst.perSecond.toFixed(0)}/${reference[floor].perSecond.toFixed(0)} (${burst.p99.toFixed(1)} ms)`
      );
    })
    .join(', ');
}

function findings(taken: ReadonlyMap<number, readonly Round[]>): Findings {
  const comparisons = [...taken].flatMap(([connections, rounds]) =>
    verbs.flatMap((verb) => [
      compare(verb, connections, rounds, 'requests/s', ({ perSecond }) => perSecond),
      compare(verb, connections, rounds, 'ms', ({ p99 }) => p99),
    ]),
  );
  const bare = [...taken].map(
    ([connections, rounds]): Comparison => ({
      name: `constant, ${connections} connections`,
      unit: 'requests/s',
      subjects: [
        { name: floors.constant, samples: rounds.map(({ reference }) => reference.constant.perSecond) },
        {
          name: 'without logging and authentication',
          samples: rounds.map(({ reference }) => reference.bare.perSecond),
        },
      ],
    }),
  );
  const find = (verb: Verb, unit: Comparison['unit']) => {
    const found = comparisons.find((each) => each.name === nameOf(verb, usual) && each.unit === unit);
    if (!found) throw new Error(`${verb.title} was not measured`);
    return found;
  };
  const goals = verbs.flatMap((verb): readonly Goal[] => [
    ...(verb.leastShare === undefined
      ? []
      : [
          {
            name: `${verb.title}: share of ${floors[verb.floor]}`,
            measured: ratioOf(find(verb, 'requests/s')) ?? Number.NaN,
            bound: { atLeast: verb.leastShare },
          },
        ]),
    ...find(verb, 'ms')
      .subjects.filter(({ name }) => name !== floors[verb.floor])
      .map(({ name, samples }) => ({
        name: `${verb.title}, ${name}: p99, ms`,
        measured: summarize(samples).median,
        bound: { atMost: mostMilliseconds },
      })),
  ]);
  const rates = verbs.map((verb) => find(verb, 'requests/s'));
  return {
    comparisons: [...comparisons, ...bare],
    goals,
    conditions: [
      'broker of a service that is done at once; store, Redis, load and broker on one machine; a write is answered when a majority has it in the journal',
      'goals at 32 connections; p99: of each burst; the floors log and authenticate as the broker does',
      'role api: nobody works on what is accepted; role all: a worker in the same process does',
    ],
    chart: {
      kind: 'bars',
      title: `Requests a second, ${usual} connections`,
      measure: 'requests/s, median',
      categories: verbs.map(({ title }) => title),
      series: [
        { name: 'Holdfast, role api', values: rates.map(({ subjects }) => medianOf(subjects, 'role api')) },
        {
          name: 'Express, the least for the answer',
          values: rates.map(({ subjects }) => medianOf(subjects, 'Express')),
        },
      ],
    },
  };
}

const nameOf = ({ title }: Verb, connections: number) => `${title}, ${connections} connections`;

const medianOf = (subjects: Comparison['subjects'], name: string): number =>
  summarize(subjects.find((subject) => subject.name.startsWith(name))?.samples ?? []).median;

function compare(
  verb: Verb,
  connections: number,
  rounds: readonly Round[],
  unit: Comparison['unit'],
  value: (burst: Burst) => number,
): Comparison {
  const of = (role: 'api' | 'all') => rounds.flatMap((round) => round[role][verb.of] ?? []).map(value);
  const all = of('all');
  return {
    name: nameOf(verb, connections),
    unit,
    subjects: [
      { name: 'role api', samples: of('api') },
      ...(all.length > 0 ? [{ name: 'role all', samples: all }] : []),
      { name: floors[verb.floor], samples: rounds.map(({ reference }) => value(reference[verb.floor])) },
    ],
    ratio: ['role api', floors[verb.floor]],
  };
}
