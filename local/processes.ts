import { readdirSync, readFileSync } from 'node:fs';
import { readIfThere } from './files.js';
import { waitUntil } from './wait.js';

/** Every process that we start carries this variable, its value naming what it is: how one is known as ours. */
export const marker = 'HOLDFAST_LOCAL_PROCESS';

export interface ProcessState {
  readonly name: string;
  readonly state: string;
  /** In clock ticks since boot: with the process id it names one process. */
  readonly startTime: string;
}

/** Reads /proc/PID/stat. The name stands in parentheses and may hold spaces and parentheses itself. */
export function parseStat(stat: string): ProcessState | undefined {
  const open = stat.indexOf('(');
  const close = stat.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const fields = stat.slice(close + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  return state && startTime ? { name: stat.slice(open + 1, close), state, startTime } : undefined;
}

export function stateOf(pid: number): ProcessState | undefined {
  const process = parseStat(readIfThere(`/proc/${pid}/stat`) ?? '');
  return process && !['Z', 'X'].includes(process.state) ? process : undefined;
}

/** The value of our marker in the block of variables of /proc/PID/environ. */
export function parseMarker(environ: string): string | undefined {
  const prefix = `${marker}=`;
  return environ
    .split('\0')
    .find((entry) => entry.startsWith(prefix))
    ?.slice(prefix.length);
}

export interface MarkedProcess {
  readonly pid: number;
  readonly mark: string;
  readonly argv: readonly string[];
}

/** All processes that carry our marker. */
export function markedProcesses(): MarkedProcess[] {
  return allPids().flatMap((pid) => {
    const mark = parseMarker(readIfThere(`/proc/${pid}/environ`) ?? '');
    if (mark === undefined || !stateOf(pid)) return [];
    return [{ pid, mark, argv: argvOf(pid) }];
  });
}

export function argvOf(pid: number): string[] {
  return (readIfThere(`/proc/${pid}/cmdline`) ?? '').split('\0').filter((part) => part !== '');
}

export function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Asks a process to end, and ends it when it does not within its time. */
export async function stopProcess(pid: number, startTime: string, within = 5000): Promise<void> {
  const runs = () => stateOf(pid)?.startTime === startTime;
  if (!runs()) return;
  signal(pid, 'SIGTERM');
  if (await waitUntil(() => !runs(), { within, every: 20 })) return;
  signal(pid, 'SIGKILL');
  await waitUntil(() => !runs(), { within: 5000, every: 20 });
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
