import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lastLines } from './command.js';
import { readJson, writeWhole } from './files.js';
import type { Folders } from './folders.js';
import { hashOf } from './hash.js';
import { LocalError } from './local-error.js';
import { type Address, demandFree } from './ports.js';
import { bootId, markedProcesses, marker, stateOf, stopProcess } from './processes.js';
import { waitUntil } from './wait.js';

/** A program that runs on after the set-up has ended. */
export interface Daemon {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What else decides how it runs (contents of its files): when it changes, the daemon is replaced. */
  readonly configuration: unknown;
  readonly ports: readonly Address[];
  readonly isReady: () => Promise<boolean>;
}

/** What is known of a daemon that was started. */
export interface Started {
  readonly pid: number;
  readonly startTime: string;
  readonly boot: string;
  readonly fingerprint: string;
}

export type Decision = 'reuse' | 'replace' | 'start';

/** A running daemon is reused only when it was made from the very same program and configuration. */
export function decide(started: Started | undefined, runs: boolean, fingerprint: string): Decision {
  if (!started || !runs) return 'start';
  return started.fingerprint === fingerprint ? 'reuse' : 'replace';
}

export function fingerprintOf(daemon: Daemon): string {
  return hashOf(daemon.program, daemon.args, daemon.environment ?? {}, daemon.configuration);
}

const recordPath = (folders: Folders, name: string) => join(folders.state, 'pid', `${name}.json`);
export const logPath = (folders: Folders, name: string) => join(folders.state, 'log', `${name}.log`);
export const markOf = (folders: Folders, name: string) => `${folders.state}#${name}`;
export const stateOfMark = (mark: string) => mark.slice(0, mark.lastIndexOf('#'));

export function recordOf(folders: Folders, name: string): Started | undefined {
  const record = readJson(recordPath(folders, name));
  return isStarted(record) ? record : undefined;
}

function isStarted(value: unknown): value is Started {
  const record = value as Partial<Started> | undefined;
  return (
    typeof record?.pid === 'number' &&
    typeof record.startTime === 'string' &&
    typeof record.boot === 'string' &&
    typeof record.fingerprint === 'string'
  );
}

export function isRunning(started: Started): boolean {
  return started.boot === bootId() && stateOf(started.pid)?.startTime === started.startTime;
}

/** Makes a daemon run as described and be ready; answers what was done. */
export async function ensure(folders: Folders, daemon: Daemon, within = 60_000): Promise<Decision> {
  const fingerprint = fingerprintOf(daemon);
  const started = recordOf(folders, daemon.name);
  const decision = decide(started, started !== undefined && isRunning(started), fingerprint);
  if (decision === 'reuse' && started) {
    await waitReady(folders, daemon, started, within);
    return decision;
  }
  await stop(folders, daemon.name);
  for (const address of daemon.ports) await demandFree(daemon.name, address);
  await waitReady(folders, daemon, start(folders, daemon, fingerprint), within);
  return decision;
}

function start(folders: Folders, daemon: Daemon, fingerprint: string): Started {
  const log = logPath(folders, daemon.name);
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, 'w', 0o600);
  const child = spawn(daemon.program, daemon.args, {
    detached: true,
    stdio: ['ignore', output, output],
    cwd: '/',
    env: { ...plainEnvironment(), ...daemon.environment, [marker]: markOf(folders, daemon.name) },
  });
  closeSync(output);
  child.on('error', () => {});
  child.unref();
  const startTime = child.pid === undefined ? undefined : stateOf(child.pid)?.startTime;
  if (child.pid === undefined || startTime === undefined) {
    throw new LocalError(`${daemon.name} could not be started from ${daemon.program}`);
  }
  const started = { pid: child.pid, startTime, boot: bootId(), fingerprint };
  writeWhole(recordPath(folders, daemon.name), JSON.stringify(started));
  return started;
}

/** What a daemon needs, and not what the person who starts it happens to have set. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return { PATH: `${process.env.PATH}:/usr/sbin:/sbin:/usr/bin:/bin`, HOME: '/root', LANG: 'C.UTF-8' };
}

async function waitReady(folders: Folders, daemon: Daemon, started: Started, within: number): Promise<void> {
  let died = false;
  const ready = await waitUntil(
    async () => {
      if (await daemon.isReady()) return true;
      died = !isRunning(started);
      return died;
    },
    { within, every: 30 },
  );
  if (ready && !died) return;
  const log = logPath(folders, daemon.name);
  throw new LocalError(
    `${daemon.name} ${died ? 'ended' : `was not ready within ${within / 1000} s`}: ${lastLines(log, 2)} (its log: ${log}); ` +
      'if this goes on, npm run local:reset starts anew without the old data',
  );
}

/** Stops a daemon, also one whose record was lost, by its process id. */
export async function stop(folders: Folders, name: string, within = 5000): Promise<boolean> {
  const started = recordOf(folders, name);
  const mark = markOf(folders, name);
  const lost = markedProcesses()
    .filter((process) => process.mark === mark && !isShim(process.argv))
    .flatMap(({ pid }) => ({ pid, startTime: stateOf(pid)?.startTime ?? '' }));
  const all = [...lost, ...(started && isRunning(started) ? [started] : [])];
  await Promise.all(all.map((process) => stopProcess(process.pid, process.startTime, within)));
  rmSync(recordPath(folders, name), { force: true });
  return all.length > 0;
}

/** containerd's shims inherit its variables; they must outlive it, or the pods would end with it. */
export function isShim(argv: readonly string[]): boolean {
  return argv[0]?.includes('containerd-shim') ?? false;
}
