import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

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

/** The processes of a pod, but for the one that holds its namespaces. */
export function processesOfPod(uid: string): readonly ContainerProcess[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && statSync(join('/proc', pid), { throwIfNoEntry: false }))
    .filter(
      (pid) => readFile(pid, 'cgroup').includes(uid) || readFile(pid, 'cgroup').includes(uid.replaceAll('-', '_')),
    )
    .map(processOf)
    .filter(({ name }) => name !== 'pause');
}

function processOf(pid: string): ContainerProcess {
  const status = new Map(
    readFile(pid, 'status')
      .split('\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const numbers = (field: string) => (status.get(field) ?? '').split(/\s+/).map(Number);
  const mounts = readFile(pid, 'mountinfo')
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
    environment: readFile(pid, 'environ').split('\0'),
  };
}

function readFile(pid: string, name: string): string {
  try {
    return readFileSync(join('/proc', pid, name), 'utf8');
  } catch {
    // It has ended.
    return '';
  }
}
