import { readIfThere } from '../../local/files.js';
import { allPids } from '../../local/processes.js';

/** What the kernel says of a process in a container of this machine, which is the cluster's only node. */
export interface ContainerProcess {
  readonly name: string;
  readonly userIds: readonly number[];
  readonly groupIds: readonly number[];
  /** Permitted, effective, inheritable, bounding and ambient capabilities: a bit each. */
  readonly capabilities: readonly bigint[];
  readonly mayGainPrivileges: boolean;
  /** 2: a filter of system calls. */
  readonly seccomp: number;
  /** The options of the mount at `/`. */
  readonly rootOptions: readonly string[];
  readonly mounts: readonly string[];
  readonly environment: readonly string[];
}

/** Ids of the processes of a pod, with the one that holds its namespaces. */
export function pidsOfPod(uid: string): readonly number[] {
  return allPids().filter((pid) => {
    const cgroup = readProcess(pid, 'cgroup');
    return [uid, uid.replaceAll('-', '_')].some((name) => cgroup.includes(name));
  });
}

/** The processes of a pod, but for the one that holds its namespaces. */
export function processesOfPod(uid: string): readonly ContainerProcess[] {
  return pidsOfPod(uid)
    .map(processOf)
    .filter(({ name }) => name !== 'pause');
}

function processOf(pid: number): ContainerProcess {
  const status = new Map(
    readProcess(pid, 'status')
      .split('\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const numbers = (field: string) => (status.get(field) ?? '').split(/\s+/).map(Number);
  const mounts = readProcess(pid, 'mountinfo')
    .split('\n')
    .map((line) => line.split(' '))
    .map(([, , , , point = '', options = '']) => ({ point, options: options.split(',') }));
  return {
    name: status.get('Name') ?? '',
    userIds: numbers('Uid'),
    groupIds: numbers('Gid'),
    capabilities: ['CapPrm', 'CapEff', 'CapInh', 'CapBnd', 'CapAmb'].map((set) => BigInt(`0x${status.get(set)}`)),
    mayGainPrivileges: status.get('NoNewPrivs') !== '1',
    seccomp: Number(status.get('Seccomp')),
    rootOptions: mounts.find(({ point }) => point === '/')?.options ?? [],
    mounts: mounts.map(({ point }) => point),
    environment: readProcess(pid, 'environ').split('\0'),
  };
}

/** Nothing where it has ended. */
const readProcess = (pid: number, name: string): string => readIfThere(`/proc/${pid}/${name}`) ?? '';
