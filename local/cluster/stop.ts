import { existsSync, readdirSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from '../files.js';
import type { Folders } from '../folders.js';
import { unmountBelow } from '../mounts.js';
import { allPids, argvOf, markedProcesses, signal, stateOf } from '../processes.js';
import { isShim, markOf, stop } from '../supervisor.js';
import { waitUntil } from '../wait.js';
import { cgroupsLeft, processesOfPods, removeCgroups } from './cgroups.js';
import { removeChains, removeSets } from './iptables.js';
import { clusterPaths } from './layout.js';
import { removeLinks, restoreSysctls } from './network.js';

/** Stops the cluster and takes away all that it left in the kernel and in folders that are not ours. */
export async function stopCluster(folders: Folders): Promise<void> {
  const paths = clusterPaths(folders);
  // The kubelet first: it would start pods again.
  await stop(folders, 'kubelet', 3000);
  await Promise.all(
    ['volumes', 'policies', 'proxy', 'scheduler', 'controllers'].map((name) => stop(folders, name, 2000)),
  );
  const theirs = stopPods(folders);
  await Promise.all([stop(folders, 'api-server', 2000).then(() => stop(folders, 'etcd', 3000)), theirs]);
  await unmountBelow([paths.kubelet, paths.containerdRoot, paths.containerdState, folders.run]);
  await waitUntil(
    () => {
      removeCgroups();
      return !cgroupsLeft();
    },
    { within: 5000, every: 50 },
  );
  await removeChains();
  await removeSets();
  await removeLinks();
  restoreSysctls(paths);
  removeStrays(paths.podLogs);
  rmSync(folders.run, { recursive: true, force: true });
}

async function stopPods(folders: Folders): Promise<void> {
  const socket = clusterPaths(folders).containerdSocket;
  await stop(folders, 'containerd', 3000);
  // A shim that is alone leaves its socket and its mounts behind, whether it is asked to end or not: so it is killed.
  const shims = () => shimsOf(folders, socket);
  for (const pid of shims()) signal(pid, 'SIGKILL');
  await waitUntil(
    () => {
      const pids = processesOfPods();
      for (const pid of pids) signal(pid, 'SIGKILL');
      return pids.length === 0 && shims().length === 0;
    },
    { within: 8000, every: 50 },
  );
}

function shimsOf(folders: Folders, socket: string): number[] {
  const mark = markOf(folders, 'containerd');
  const marked = markedProcesses().filter((process) => process.mark === mark && isShim(process.argv));
  const addressed = allPids().filter((pid) => {
    const argv = argvOf(pid);
    return isShim(argv) && argv.includes(socket) && stateOf(pid) !== undefined;
  });
  return [...new Set([...marked.map(({ pid }) => pid), ...addressed])];
}

/** What containerd, its shims, the kubelet, and the network plugins write outside of the folders they are given. */
function removeStrays(podLogs: string): void {
  const listening = readIfThere('/proc/net/unix') ?? '';
  const isDead = (path: string) => !listening.includes(path);
  removeFrom('/run/containerd/s', isDead);
  removeFrom('/var/lib/cni/results', (path) => /\/(holdfast|cni-loopback)-[^/]*$/.test(path));
  removeFrom('/var/log/containers', (path) => linkTarget(path).startsWith(`${podLogs}/`));
  if (isDead('/var/lib/kubelet/device-plugins/kubelet.sock')) {
    removeFrom('/var/lib/kubelet/device-plugins', (path) => /\/kubelet(\.sock|_internal_checkpoint)$/.test(path));
  }
  for (const folder of [
    '/run/containerd/s',
    '/run/containerd',
    '/var/lib/cni/results',
    '/var/lib/cni',
    '/var/log/containers',
    '/var/lib/kubelet/device-plugins',
    '/var/lib/kubelet',
  ]) {
    removeIfEmpty(folder);
  }
}

function removeFrom(folder: string, isOurs: (path: string) => boolean): void {
  if (!existsSync(folder)) return;
  const paths = readdirSync(folder).map((name) => join(folder, name));
  for (const path of paths.filter(isOurs)) rmSync(path, { force: true });
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody else uses it, or it is not there.
  }
}
