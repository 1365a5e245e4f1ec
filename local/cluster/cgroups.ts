import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from '../files.js';
import { layout } from './layout.js';

/** The folder of our cgroup in every hierarchy that is mounted, from /proc/self/mountinfo. */
export function hierarchies(mountinfo: string): { point: string; isUnified: boolean }[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const type = after?.split(' ')[0];
    const point = before?.split(' ')[4];
    return point && (type === 'cgroup' || type === 'cgroup2') ? [{ point, isUnified: type === 'cgroup2' }] : [];
  });
}

const all = () => hierarchies(readFileSync('/proc/self/mountinfo', 'utf8'));

/** Makes the parent of all pods' cgroups: the kubelet wants to find it. */
export function ensureCgroups(): void {
  const found = all();
  const isHybrid = found.some(({ isUnified }) => !isUnified);
  for (const { point, isUnified } of found) {
    if (isUnified && isHybrid) continue;
    if (isUnified) passOn(point);
    const folder = join(point, layout.cgroup);
    if (!existsSync(folder)) mkdirSync(folder);
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (!isUnified && readIfThere(join(folder, file))?.trim() === '') {
        writeFileSync(join(folder, file), readFileSync(join(point, file)));
      }
    }
    if (isUnified) passOn(folder);
  }
}

function passOn(folder: string): void {
  const controllers = (readIfThere(join(folder, 'cgroup.controllers')) ?? '').trim().split(/\s+/);
  for (const controller of controllers) {
    try {
      writeFileSync(join(folder, 'cgroup.subtree_control'), `+${controller}`);
    } catch {
      // A controller that cannot be passed on is one that pods do without.
    }
  }
}

/** The processes of all pods. */
export function processesOfPods(): number[] {
  const pids = all().flatMap(({ point }) =>
    below(join(point, layout.cgroup)).flatMap((folder) =>
      (readIfThere(join(folder, 'cgroup.procs')) ?? '').split('\n').filter((line) => line !== ''),
    ),
  );
  return [...new Set(pids)].map(Number).filter((pid) => pid > 0);
}

export function removeCgroups(): void {
  for (const { point } of all()) {
    for (const folder of below(join(point, layout.cgroup)).reverse()) {
      try {
        rmdirSync(folder);
      } catch {
        // It is busy for a moment longer: `down` asks again.
      }
    }
  }
}

export function cgroupsLeft(): boolean {
  return all().some(({ point }) => existsSync(join(point, layout.cgroup)));
}

/** A folder and all below it, parents first. */
function below(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...children.flatMap((child) => below(join(folder, child.name)))];
}
