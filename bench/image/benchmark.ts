import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { command } from '../../local/command.js';
import { foldersOf } from '../../local/folders.js';
import { argvOf } from '../../local/processes.js';
import { admin, kinds, never } from '../../test/support/admin-cluster.js';
import { InstalledBroker } from '../../test/support/installed-broker.js';
import { pidsOfPod } from '../../test/support/processes-of-pod.js';
import { proportionalBytes, residentBytes } from '../../test/support/resident-memory.js';
import { required, scratch } from '../../test/support/scratch.js';
import { encryptionKeys } from '../../test/support/stub-broker.js';
import type { Benchmark, Comparison, Findings, Goal, Unit } from '../benchmark.js';
import { interleave } from '../rounds.js';
import { summarize } from '../statistics.js';
import { ageSeconds } from '../support/process-times.js';

const settledMilliseconds = 5_000;
const lookMilliseconds = 50;
const patienceMilliseconds = 120_000;
const mostSeconds = 3;
const mostMegabytes = 250;
const roles = ['api', 'worker'] as const;
type Role = (typeof roles)[number];

interface Replaced {
  /** From the start of the container's process until the pod is Ready. */
  readonly seconds: number;
  /** From the deletion of the pod before, with scheduling, volumes and the container's own start. */
  readonly replacedSeconds: number;
  /** Some seconds later, without load. */
  readonly megabytes: number;
  /** The same, with what it shares with other processes in equal parts. */
  readonly shareMegabytes: number;
}

/** The image as it is built, and its pods as the chart makes them, in the embedded cluster. */
export const image: Benchmark = {
  name: 'image',
  title: 'The image, and the start of its pods in the cluster until they are Ready',
  leastRounds: 10,
  async run({ rounds, say }): Promise<Findings> {
    const place = scratch();
    try {
      const installed = await InstalledBroker.install({
        ...place,
        encryptionKeys,
        basicAuth: 'bench:bench',
        catalog: required('HOLDFAST_CATALOG'),
        environment: { HOLDFAST_LOG_LEVEL: 'info' },
      });
      try {
        const replaced = await interleave<Replaced, Role>(
          rounds,
          { api: () => replace(installed, 'api'), worker: () => replace(installed, 'worker') },
          (round, { api, worker }) => say(`round ${round + 1}: api ${told(api)}, worker ${told(worker)}`),
        );
        return findings(replaced, await sizesOf(installed.chart.tag));
      } finally {
        await installed.remove();
      }
    } finally {
      await place.remove();
    }
  },
};

function findings(replaced: Readonly<Record<Role, readonly Replaced[]>>, sizes: Sizes): Findings {
  const comparison = (name: string, unit: Unit, value: (one: Replaced) => number): Comparison => ({
    name,
    unit,
    subjects: roles.map((role) => ({ name: role, samples: replaced[role].map(value) })),
  });
  const seconds = (role: Role) => summarize(replaced[role].map((one) => one.seconds)).median;
  const total = sizes.base + sizes.own;
  return {
    comparisons: [
      comparison('process to Ready', 's', (one) => one.seconds),
      comparison('deletion to Ready', 's', (one) => one.replacedSeconds),
      comparison('resident', 'MB', (one) => one.megabytes),
      comparison('proportional', 'MB', (one) => one.shareMegabytes),
      {
        name: 'compressed',
        unit: 'MB',
        subjects: [
          { name: 'image', samples: [total] },
          { name: 'of it base', samples: [sizes.base] },
          { name: 'of it own', samples: [sizes.own] },
        ],
      },
    ],
    goals: [
      { name: 'image, compressed, MB', measured: total, bound: { atMost: mostMegabytes } },
      ...roles.map(
        (role): Goal => ({
          name: `${role}: start to Ready, s`,
          measured: seconds(role),
          bound: { atMost: mostSeconds },
        }),
      ),
    ],
    conditions: [
      `one pod of each role, installed by the chart; its pod is deleted, and looked for each ${lookMilliseconds} ms`,
      `memory: resident and proportional set, ${settledMilliseconds / 1_000} s after Ready, without load`,
    ],
    chart: {
      kind: 'bars',
      title: 'Container start to Ready, in the cluster',
      measure: 'seconds, median',
      categories: [...roles],
      series: [{ name: 'Ready', values: roles.map(seconds) }],
    },
  };
}

async function replace(installed: InstalledBroker, role: Role): Promise<Replaced> {
  const [before] = await running(installed, role);
  if (!before?.metadata?.name) throw new Error(`there is no pod of the role ${role}`);
  const began = performance.now();
  await admin.remove(kinds.pod, { namespace: installed.namespace, name: before.metadata.name }, never);
  for (;;) {
    const ready = (await running(installed, role)).find(
      ({ metadata, status }) =>
        metadata?.uid !== before.metadata?.uid &&
        status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True'),
    );
    const now = performance.now();
    if (ready) return await measured(String(ready.metadata?.uid), now - began);
    if (now - began > patienceMilliseconds) throw new Error(`no pod of the role ${role} became Ready`);
    await sleep(lookMilliseconds);
  }
}

/** Those that are not ending. */
const running = async (installed: InstalledBroker, role: Role): Promise<readonly V1Pod[]> =>
  (await installed.pods(role)).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);

async function measured(uid: string, replacedMilliseconds: number): Promise<Replaced> {
  const pid = brokerOf(uid);
  const seconds = ageSeconds(pid);
  await sleep(settledMilliseconds);
  return {
    seconds,
    replacedSeconds: replacedMilliseconds / 1_000,
    megabytes: (residentBytes(pid) ?? Number.NaN) / 1e6,
    shareMegabytes: (proportionalBytes(pid) ?? Number.NaN) / 1e6,
  };
}

/** The process of the broker in a pod: the cluster's only node is this machine. */
function brokerOf(uid: string): number {
  const pids = pidsOfPod(uid).filter((pid) => argvOf(pid).some((argument) => argument.includes('dist/bundle/main.js')));
  const [pid] = pids;
  if (pid === undefined || pids.length > 1) throw new Error(`the pod ${uid} has ${pids.length} processes of a broker`);
  return pid;
}

interface Sizes {
  /** Of Debian and Node. */
  readonly base: number;
  readonly own: number;
}

/** Megabytes of the layers as a registry keeps and sends them. */
async function sizesOf(tag: string): Promise<Sizes> {
  const archive = join(foldersOf(process.env).cache, `image-broker-${tag}`, 'image.tar');
  const read = async (path: string) => JSON.parse(await command('tar', ['-xOf', archive, path]));
  const blob = (digest: string) => `blobs/${digest.replace(':', '/')}`;
  const { manifests } = (await read('index.json')) as { manifests: { digest: string }[] };
  const { layers } = (await read(blob(String(manifests[0]?.digest)))) as { layers: { size: number }[] };
  // The base of this machine is one layer.
  const [base = 0, ...own] = layers.map(({ size }) => size / 1e6);
  return { base, own: own.reduce((sum, size) => sum + size, 0) };
}

const told = ({ seconds, replacedSeconds, megabytes }: Replaced) =>
  `${seconds.toFixed(2)} s (${replacedSeconds.toFixed(2)} s) ${megabytes.toFixed(0)} MB`;
