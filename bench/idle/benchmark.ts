import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { max, median } from 'simple-statistics';
import { foldersOf } from '../../local/folders.js';
import type { BenchContext, Benchmark, Findings } from '../benchmark.js';
import { interleave } from '../rounds.js';
import { OwnServers } from '../support/own-servers.js';
import { cpuMilliseconds } from '../support/process-times.js';
import { ratio } from '../support/timing.js';
import { Site } from './site.js';

const many = 10_000;
const windowSeconds = 7;
const settleSeconds = 2;

type Sample = Readonly<Record<string, number>>;

export const idle: Benchmark = {
  name: 'idle',
  title: 'What CPU everything takes at rest, with no instance and with 10,000',
  leastRounds: 10,
  run,
};

async function run({ rounds, say }: BenchContext): Promise<Findings> {
  const apiServer = pidOfApiServer();
  const sites: Site[] = [];
  const servers: OwnServers[] = [];
  try {
    for (const instances of [0, many]) {
      const own = await OwnServers.start();
      servers.push(own);
      const site = await Site.make(own);
      sites.push(site);
      await site.add(instances);
      site.freeze();
      say(`a site with ${instances} instances`);
    }
    const window = (site: Site | undefined) => async () => {
      if (!site) throw new Error('there is no site');
      site.thaw();
      await sleep(settleSeconds * 1_000);
      const pids = { ...site.pids, 'API server': apiServer };
      const before = Object.entries(pids).map(([name, pid]) => ({ name, pid, spent: cpuMilliseconds(pid) }));
      const began = performance.now();
      await sleep(windowSeconds * 1_000);
      const seconds = (performance.now() - began) / 1_000;
      const sample = before.map(({ name, pid, spent }) => [name, (cpuMilliseconds(pid) - spent) / seconds] as const);
      site.freeze();
      return Object.fromEntries(sample) as Sample;
    };
    const taken = await interleave(rounds, { [none]: window(sites[0]), [all]: window(sites[1]) }, (round, samples) =>
      say(
        `round ${round + 1}: ${JSON.stringify(samples, (_, value) => (typeof value === 'number' ? Math.round(value) : value))}`,
      ),
    );
    return findingsOf(taken);
  } finally {
    for (const site of sites) await site.end();
    await Promise.all(servers.map((own) => own.remove()));
  }
}

const none = 'no instance';
const all = '10,000 instances';

function pidOfApiServer(): number {
  const { state } = foldersOf(process.env);
  const { pid }: { readonly pid: number } = JSON.parse(readFileSync(join(state, 'pid', 'api-server.json'), 'utf8'));
  return pid;
}

function findingsOf(taken: Readonly<Record<string, readonly Sample[]>>): Findings {
  const parts = Object.keys(taken[none]?.[0] ?? {});
  const samplesOf = (part: string, subject: string) =>
    (taken[subject] ?? []).map((sample) => sample[part] ?? Number.NaN);
  return {
    comparisons: parts.map((name) => ({
      name,
      unit: 'CPU ms/s',
      subjects: [none, all].map((subject) => ({ name: subject, samples: samplesOf(name, subject) })),
      ratio: [all, none],
    })),
    goals: parts.map((name) => ({
      name: `${name}: with 10,000 instances in terms of none; the bound is the noise, half of the windows without any are this far from their median`,
      measured: ratio(samplesOf(name, all), samplesOf(name, none)),
      bound: { atMost: 1 + noiseOf(samplesOf(name, none)) },
    })),
    conditions: [
      `Two sites of src/main.js, each an api and a worker, on the one cluster; each has a store and a Redis of its own. Windows of ${windowSeconds} s take turns; the brokers of the other site are stopped meanwhile, so that the API server has to do with one of them only`,
      'Each site has provisioned one instance of one member; the 10,000 are copies of its records, ready, sealed anew. They have no namespaces: report-missing, every ten minutes, would miss them, so no window has a run of it; what it costs the store is in `scale`. The API server therefore has no objects of theirs: of it, this measures what brokers ask of it at rest',
      'CPU is user and system time of the process, in steps of 10 ms',
    ],
    chart: {
      kind: 'bars',
      title: 'CPU at rest',
      measure: 'CPU milliseconds a second, median',
      categories: parts,
      series: [none, all].map((name) => ({ name, values: parts.map((part) => median(samplesOf(part, name))) })),
    },
  };
}

/** The middle deviation from the median, in terms of it; no less than the clock’s step. */
function noiseOf(samples: readonly number[]): number {
  const middle = median([...samples]);
  const deviation = median(samples.map((each) => Math.abs(each - middle)));
  return max([deviation, 10 / windowSeconds]) / middle;
}
