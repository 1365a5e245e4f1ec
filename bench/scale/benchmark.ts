import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from 'simple-statistics';
import type { Answer } from '../../test/support/broker-driver.js';
import type { BrokerProcess } from '../../test/support/broker-process.js';
import { residentBytes } from '../../test/support/resident-memory.js';
import type { BenchContext, Benchmark, Comparison, Findings, Goal, Unit } from '../benchmark.js';
import { interleave } from '../rounds.js';
import { withOperator } from '../support/operator-access.js';
import { OwnServers } from '../support/own-servers.js';
import { medianMilliseconds, ratio } from '../support/timing.js';
import { Sized } from './sized.js';

const sizes = [100, 1_000, 10_000, 100_000] as const;
/** What the chart shows, of what is measured. */
const drawn = ['last_operation', 'a page of the operators’ list', 'redeliver', 'report-missing, the store'];
const [least = 100, most = 100_000] = [sizes[0], sizes.at(-1)];
const calls = { requests: 100, pages: 20, tasks: 9, rare: 3 };

/** What may not depend on how many instances there are: at most so much slower with the most than with the least. */
const flat = 1.3;
/** What looks at all of them by its nature, in the same way. */
const linearithmic = (most * Math.log(most)) / (least * Math.log(least));

type Sample = Readonly<Record<string, number>>;

export const scale: Benchmark = {
  name: 'scale',
  title: 'What a request, a periodic task and memory come to with 100 to 100,000 instances',
  leastRounds: 10,
  run,
};

async function run({ rounds, say }: BenchContext): Promise<Findings> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-scale-'));
  const servers = await OwnServers.start();
  const all: Sized[] = [];
  try {
    for (const size of sizes) {
      const began = performance.now();
      all.push(await Sized.make(size, servers, withOperator(folder)));
      say(`${size} instances made in ${Math.round((performance.now() - began) / 1_000)} s`);
    }
    const subjects = Object.fromEntries(all.map((sized) => [nameOf(sized.size), () => measure(sized)]));
    await Promise.all(all.map(warmUp));
    const taken = await interleave(rounds, subjects, (round, samples) =>
      say(
        `round ${round + 1}: ${Object.entries(samples)
          .map(([size, { last_operation: ms }]) => `${size} ${ms?.toFixed(2)}`)
          .join(', ')} ms`,
      ),
    );
    return findingsOf(taken);
  } finally {
    for (const sized of all) await sized.end();
    await servers.remove();
    rmSync(folder, { recursive: true });
  }
}

const warmUp = async ({ platform, anyName }: Sized) => {
  await medianMilliseconds(500, () => platform.lastOperation(anyName));
};

async function measure(sized: Sized): Promise<Sample> {
  const { platform, operator, places, tasks, brokers } = sized;
  const page = (number: number) =>
    operator.raw('GET', '/operators/instances', {
      query: { after: places[(number * 7) % places.length] ?? '', limit: '40' },
    });
  const sample: Record<string, number> = {
    last_operation: await medianMilliseconds(calls.requests, () => demand(platform.lastOperation(sized.anyName))),
    'an instance': await medianMilliseconds(calls.requests, () => demand(platform.fetchInstance(sized.anyName))),
    'a page of the operators’ list': await medianMilliseconds(calls.pages, (number) => demand(page(number))),
  };
  for (const task of tasks.frequent) sample[task.name] = await medianMilliseconds(calls.tasks, () => task.run());
  for (const [name, work] of Object.entries(tasks.rare)) sample[name] = await medianMilliseconds(calls.rare, work);
  sample['memory of the api'] = megabytes(brokers.api);
  sample['memory of the worker'] = megabytes(brokers.worker);
  return sample;
}

async function demand(answer: Promise<Answer>): Promise<void> {
  const { status, body } = await answer;
  if (status !== 200) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
}

const megabytes = ({ pid }: BrokerProcess): number => (residentBytes(pid) ?? Number.NaN) / 1e6;
const nameOf = (size: number): string => size.toLocaleString('en');

function findingsOf(taken: Readonly<Record<string, readonly Sample[]>>): Findings {
  const measures = Object.keys(taken[nameOf(least)]?.[0] ?? {});
  const samplesOf = (measure: string, size: number) =>
    (taken[nameOf(size)] ?? []).map((sample) => sample[measure] ?? Number.NaN);
  const comparisons = measures.map(
    (name): Comparison => ({
      name,
      unit: unitOf(name),
      subjects: sizes.map((size) => ({ name: nameOf(size), samples: samplesOf(name, size) })),
      ratio: [nameOf(most), nameOf(least)],
    }),
  );
  const goals = measures.map(
    (name): Goal => ({
      name: `${name}: with ${nameOf(most)} instances, in terms of ${nameOf(least)}`,
      measured: ratio(samplesOf(name, most), samplesOf(name, least)),
      bound: { atMost: looksAtAll(name) ? linearithmic : flat },
    }),
  );
  return {
    comparisons,
    goals,
    conditions: [
      'One database for each number of instances, all in one store of the benchmark’s own (cache 256 MB); each has an api and a worker of the stub service, all running',
      'The brokers made 20 instances of each, 4 with a binding; the others are copies, sealed anew, with their ended operations and audit, sealed in the chain',
      `A sample is the median of ${calls.requests} requests (${calls.pages} pages of 40), one after the other, on instances at random, or of ${calls.tasks} runs of a task with nothing due (${calls.rare} of those that look at all)`,
      'Of remove-orphans and report-missing the store’s part: the cluster’s is a list of all namespaces and StatefulSets',
    ],
    chart: {
      kind: 'lines',
      title: 'By number of instances: a request, or one run of a task',
      measure: 'ms, median',
      categories: sizes.map(nameOf),
      series: drawn.map((name) => ({ name, values: sizes.map((size) => median(samplesOf(name, size))) })),
      scale: 'logarithmic',
    },
  };
}

const looksAtAll = (name: string): boolean => name.startsWith('remove-orphans') || name.startsWith('report-missing');
const unitOf = (name: string): Unit => (name.startsWith('memory') ? 'MB' : 'ms');
