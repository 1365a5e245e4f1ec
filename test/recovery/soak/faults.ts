import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from './dice.js';
import type { Role, Site, SoakProcess } from './site.js';

const frozenMilliseconds = 10_000;
const mostOutageMilliseconds = 5_000;

const faults = {
  'kill a worker': ({ site, dice }) => kill(site, victim(site, 'worker', dice)),
  'kill the api': ({ site, dice }) => kill(site, victim(site, 'api', dice)),
  'restart a worker': ({ site, dice }) => restart(site, victim(site, 'worker', dice)),
  'restart the api': ({ site, dice }) => restart(site, victim(site, 'api', dice)),
  async 'freeze a worker'({ site, dice }) {
    const { pid } = victim(site, 'worker', dice).broker;
    process.kill(pid, 'SIGSTOP');
    await sleep(frozenMilliseconds);
    process.kill(pid, 'SIGCONT');
  },
  'empty Redis': ({ site }) => site.emptyRedis(),
  async 'kill Redis'({ site, dice }) {
    await site.redis.kill();
    await sleep(dice.between(0, mostOutageMilliseconds));
    await site.redis.restart();
  },
  'break connections to the cluster': ({ site }) => site.cluster.relay.restore(),
  async 'take the cluster away'({ site, dice }) {
    await site.cluster.relay.refuse();
    await sleep(dice.between(0, mostOutageMilliseconds));
    await site.cluster.relay.restore();
  },
} satisfies Record<string, (at: { readonly site: Site; readonly dice: Dice }) => Promise<void>>;

export type Fault = keyof typeof faults;
const names = Object.keys(faults) as Fault[];

/** One fault after the other, each of its own kind, until the signal is aborted: then everything is whole again. */
export async function disturb(site: Site, dice: Dice, over: AbortSignal): Promise<ReadonlyMap<Fault, number>> {
  const done = new Map<Fault, number>();
  while (!over.aborted) {
    await sleep(dice.between(3_000, 20_000), undefined, { signal: over }).catch(() => {});
    if (over.aborted) break;
    const fault = dice.pick(names);
    await faults[fault]({ site, dice });
    await site.replaceEnded();
    done.set(fault, (done.get(fault) ?? 0) + 1);
  }
  return done;
}

function victim(site: Site, role: Role, dice: Dice): SoakProcess {
  return dice.pick(site.mortals(role));
}

async function kill(site: Site, process: SoakProcess): Promise<void> {
  site.withdraw(process);
  await process.broker.kill();
  await site.start(process.role);
}

/** Rolling: the next one is there before this one goes. */
async function restart(site: Site, process: SoakProcess): Promise<void> {
  await site.start(process.role);
  site.withdraw(process);
  const { code, signal } = await process.broker.terminate();
  if (code !== 0) site.surprises.push(`${process.role} ended with ${code ?? signal} when it was told to stop`);
}
