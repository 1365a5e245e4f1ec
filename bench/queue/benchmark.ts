import { Redis } from 'ioredis';
import { newIdentifier } from '../../src/store/identifier.js';
import { residentBytes } from '../../test/support/resident-memory.js';
import type { BenchContext, Benchmark, Findings, Unit } from '../benchmark.js';
import { interleave } from '../rounds.js';
import { OwnServers } from '../support/own-servers.js';
import { medianMilliseconds, ratio } from '../support/timing.js';
import { Backlog } from './backlog.js';

const many = 5_000;
const windowSeconds = 3;
const workerCounts = [1, 2, 4] as const;

type Sample = Readonly<Record<string, number>>;

export const queue: Benchmark = {
  name: 'queue',
  title: 'What 5,000 waiting operations cost, and how fast 1, 2 and 4 workers work them off',
  leastRounds: 10,
  run,
};

async function run({ rounds, say }: BenchContext): Promise<Findings> {
  const servers = await OwnServers.start();
  const [empty, full] = [await Backlog.make(servers), await Backlog.make(servers)];
  try {
    await full.fillUp(many);
    say(`${await full.waiting} provisions wait`);
    const memory = await redisBytes(servers, full);
    const costs = await interleave(rounds, { [none]: () => cost(empty), [all]: () => cost(full) }, () => {});
    const rates = await interleave(
      rounds,
      Object.fromEntries(workerCounts.map((workers) => [nameOf(workers), () => rate(full, workers)])),
      (round, samples) => say(`round ${round + 1}: ${Object.values(samples).map(Math.round).join(', ')} operations/s`),
    );
    return findingsOf(costs, rates, memory);
  } finally {
    await Promise.all([empty.end(), full.end()]);
    await servers.remove();
  }
}

async function rate(backlog: Backlog, workers: number): Promise<number> {
  await backlog.fillUp(many);
  return await backlog.rateWith(workers, windowSeconds);
}

const none = 'nothing waits';
const all = '5,000 wait';
const nameOf = (workers: number): string => (workers === 1 ? '1 worker' : `${workers} workers`);

async function cost({ platform, tasks, last, api }: Backlog): Promise<Sample> {
  const sample: Record<string, number> = {
    'last_operation of an instance that is there': await medianMilliseconds(100, () => platform.lastOperation('there')),
  };
  // Where nothing else waits, it is one that has nine before it.
  const waits = (await platform.lastOperation(last)).status === 200 ? last : 'sample-10';
  sample['last_operation of the last that waits'] = await medianMilliseconds(100, () => platform.lastOperation(waits));
  for (const task of tasks.frequent) sample[task.name] = await medianMilliseconds(9, () => task.run());
  sample['memory of the api'] = (residentBytes(api.pid) ?? Number.NaN) / 1e6;
  return sample;
}

/** Of Redis, for a provision that waits for its turn, and for an operation that waits for a worker. */
async function redisBytes({ redis }: OwnServers, { tasks, processes }: Backlog) {
  const client = new Redis(redis.url);
  try {
    const used = async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
    const keys = await client.keys(`${processes.scratch.queuePrefix}:*:op-*`);
    const before = await used();
    for (let added = 0; added < many; added++) await tasks.queue.add(`op-${newIdentifier()}`);
    const after = await used();
    for await (const found of client.scanStream({ match: `${processes.scratch.queuePrefix}:*`, count: 1_000 })) {
      if (found.length > 0) await client.del(...(found as string[]));
    }
    return { jobsOfWaiting: keys.length, bytesAJob: (after - before) / many };
  } finally {
    client.disconnect();
  }
}

function findingsOf(
  costs: Readonly<Record<string, readonly Sample[]>>,
  rates: Readonly<Record<string, readonly number[]>>,
  { jobsOfWaiting, bytesAJob }: Awaited<ReturnType<typeof redisBytes>>,
): Findings {
  const measures = Object.keys(costs[none]?.[0] ?? {});
  const samplesOf = (name: string, subject: string) =>
    (costs[subject] ?? []).map((sample) => sample[name] ?? Number.NaN);
  const ratesOf = (workers: number) => rates[nameOf(workers)] ?? [];
  return {
    comparisons: [
      ...measures.map((name) => ({
        name,
        unit: unitOf(name),
        subjects: [none, all].map((subject) => ({ name: subject, samples: samplesOf(name, subject) })),
        ratio: [all, none] as const,
      })),
      {
        name: 'worked off',
        unit: 'operations/s',
        subjects: workerCounts.map((workers) => ({ name: nameOf(workers), samples: ratesOf(workers) })),
        ratio: [nameOf(4), nameOf(1)],
      },
      { name: 'Redis, for a job that waits', unit: 'bytes', subjects: [{ name: all, samples: [bytesAJob] }] },
    ],
    goals: [
      ...measures.map((name) => ({
        name: `${name}: while 5,000 wait, in terms of none`,
        measured: ratio(samplesOf(name, all), samplesOf(name, none)),
        bound: { atMost: 1.3 },
      })),
      {
        name: 'jobs in Redis of 5,000 provisions that wait for their turn',
        measured: jobsOfWaiting,
        bound: { atMost: 1 },
      },
      { name: 'bytes of Redis for a job that waits', measured: bytesAJob, bound: { atMost: 2_048 } },
    ],
    conditions: [
      'The stub service, done at once in 4 steps, 3 stages; a store and a Redis of the benchmark’s own; workers are processes of their own, with 20 places for provisions among all of them',
      `Each rate is of ${windowSeconds} s from when the workers are ready; the queue is filled up to 5,000 before`,
      'Provisions that wait have no job; bytes of a job are of 5,000 that were added and not taken',
      'Workers, store, Redis and the benchmark share the machine’s cores: more workers than cores cannot be faster',
    ],
    chart: {
      kind: 'bars',
      title: 'Operations worked off',
      measure: 'operations/s, median',
      categories: workerCounts.map(nameOf),
      series: [{ name: 'operations/s', values: workerCounts.map((workers) => medianOf(ratesOf(workers))) }],
    },
  };
}

const unitOf = (name: string): Unit => (name.startsWith('memory') ? 'MB' : 'ms');
const medianOf = (samples: readonly number[]): number => ratio(samples, [1]);
