import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BrokerProcess } from '../../test/support/broker-process.js';
import { residentBytes } from '../../test/support/resident-memory.js';
import { type Scratch, scratch } from '../../test/support/scratch.js';
import { encryptionKeys } from '../../test/support/stub-broker.js';
import type { Benchmark, Comparison, Findings, Goal } from '../benchmark.js';
import { interleave } from '../rounds.js';
import { summarize } from '../statistics.js';

const settledMilliseconds = 3_000;
const lookMilliseconds = 5;
const mostSeconds = 2;
const mostMegabytes = { api: 150, worker: 200, all: 260 } as const;
type Role = keyof typeof mostMegabytes;
const roles = Object.keys(mostMegabytes) as Role[];

interface Start {
  /** Until it is ready, with all that it needs up. */
  readonly seconds: number;
  /** Some seconds later, without load. */
  readonly megabytes: number;
}

/** The broker as it is run, with the cluster; a store that brokers have used, and for one subject an empty one. */
export const start: Benchmark = {
  name: 'start',
  title: 'From the start of the process to /health/ready with everything up, and its memory then',
  leastRounds: 10,
  async run({ rounds, say }): Promise<Findings> {
    const place = scratch();
    try {
      await startBroker('all', place);
      const starts = await interleave<Start, Role | 'empty' | 'express'>(
        rounds,
        {
          express: startExpress,
          api: () => startBroker('api', place),
          worker: () => startBroker('worker', place),
          all: () => startBroker('all', place),
          empty: startOnEmptyStore,
        },
        (round, { api, worker, all }) =>
          say(`round ${round + 1}: api ${told(api)}, worker ${told(worker)}, all ${told(all)}`),
      );
      return findings(starts);
    } finally {
      await place.remove();
    }
  },
};

const names = {
  express: 'Express alone',
  api: 'role api',
  worker: 'role worker',
  all: 'role all',
  empty: 'role all, empty store',
} as const;

function findings(starts: Readonly<Record<keyof typeof names, readonly Start[]>>): Findings {
  const subjects = (value: (start: Start) => number) =>
    (Object.keys(names) as (keyof typeof names)[]).map((name) => ({
      name: names[name],
      samples: starts[name].map(value),
    }));
  const comparisons: readonly Comparison[] = [
    { name: 'ready', unit: 's', subjects: subjects(({ seconds }) => seconds), ratio: [names.all, names.express] },
    { name: 'memory', unit: 'MB', subjects: subjects(({ megabytes }) => megabytes), ratio: [names.all, names.express] },
  ];
  const medianOf = (role: Role, value: (start: Start) => number) => summarize(starts[role].map(value)).median;
  const goals = roles.flatMap((role): readonly Goal[] => [
    { name: `${role}: ready, s`, measured: medianOf(role, ({ seconds }) => seconds), bound: { atMost: mostSeconds } },
    {
      name: `${role}: memory, MB`,
      measured: medianOf(role, ({ megabytes }) => megabytes),
      bound: { atMost: mostMegabytes[role] },
    },
  ]);
  return {
    comparisons,
    goals,
    conditions: [
      'store, Redis and Kubernetes of the local environment; bundled program',
      `memory: resident set, ${settledMilliseconds / 1_000} s after ready, without load`,
    ],
    chart: {
      kind: 'bars',
      title: 'Process start to ready',
      measure: 'seconds, median',
      categories: Object.values(names),
      series: [
        {
          name: 'ready',
          values: Object.values(starts).map((all) => summarize(all.map(({ seconds }) => seconds)).median),
        },
      ],
    },
  };
}

async function startBroker(role: Role, { storeUrl, redisUrl }: Scratch): Promise<Start> {
  const began = performance.now();
  const broker = await BrokerProcess.start({
    KUBECONFIG: process.env.KUBECONFIG,
    HOLDFAST_CATALOG: process.env.HOLDFAST_CATALOG,
    HOLDFAST_STORE_URL: storeUrl,
    HOLDFAST_REDIS_URL: redisUrl,
    HOLDFAST_ROLE: role,
    HOLDFAST_BASIC_AUTH: 'bench:bench',
    HOLDFAST_ENCRYPTION_KEYS: encryptionKeys,
  });
  try {
    return await measure(began, broker.url, broker.pid);
  } finally {
    await broker.terminate();
  }
}

async function startOnEmptyStore(): Promise<Start> {
  const place = scratch();
  try {
    return await startBroker('all', place);
  } finally {
    await place.remove();
  }
}

async function startExpress(): Promise<Start> {
  const began = performance.now();
  const program = fileURLToPath(new URL('./express.js', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    if (!child.stdout) throw new Error('its output is a pipe');
    const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return await measure(began, url, Number(child.pid));
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}

async function measure(began: number, url: string, pid: number): Promise<Start> {
  while (!(await isUp(url))) await sleep(lookMilliseconds);
  const seconds = (performance.now() - began) / 1_000;
  await sleep(settledMilliseconds);
  return { seconds, megabytes: (residentBytes(pid) ?? Number.NaN) / 1e6 };
}

/** 200 also says `degraded`, where Redis or the cluster does not answer. */
async function isUp(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health/ready`);
  const { status } = (await answer.json()) as { readonly status: string };
  return answer.status === 200 && status === 'ok';
}

const told = ({ seconds, megabytes }: Start) => `${seconds.toFixed(2)} s ${megabytes.toFixed(0)} MB`;
