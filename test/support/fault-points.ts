import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Passed {
  readonly point: string;
  readonly operation?: string;
}

/** Where, and when, a process was struck. */
export interface Strike extends Passed {
  readonly pid: number;
  readonly at: Date;
}

/** Longer than it takes from `armed` being claimed to `struck` being written. */
const strikeMilliseconds = 2_000;

/** A test's side of src/fault-points.ts: the folder that broker processes are given as `HOLDFAST_FAULT_POINTS`. */
export class FaultPoints {
  private constructor(readonly folder: string) {}

  static open(): FaultPoints {
    return new FaultPoints(mkdtempSync(join(tmpdir(), 'holdfast-fault-points-')));
  }

  /** The first process that reaches the point sends itself the signal there. One point at a time. */
  arm(point: string, signal: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL'): void {
    rmSync(this.#path('struck'), { force: true });
    writeFileSync(this.#path('armed.new'), JSON.stringify({ point, signal }));
    renameSync(this.#path('armed.new'), this.#path('armed'));
  }

  get struck(): Strike | undefined {
    if (!existsSync(this.#path('struck'))) return undefined;
    const strike = JSON.parse(readFileSync(this.#path('struck'), 'utf8')) as Omit<Strike, 'at'> & { at: string };
    return { ...strike, at: new Date(strike.at) };
  }

  /** @returns the strike that came before, or at the last moment */
  async disarm(): Promise<Strike | undefined> {
    try {
      renameSync(this.#path('armed'), this.#path('disarmed'));
    } catch {
      // Claimed already: what strikes does so at once.
      const deadline = Date.now() + strikeMilliseconds;
      while (!this.struck && Date.now() < deadline) await sleep(5);
    }
    return this.struck;
  }

  /** Everything that was passed since it was last forgotten; the first pass of each point in each process. */
  get reached(): readonly Passed[] {
    if (!existsSync(this.#path('reached'))) return [];
    const lines = readFileSync(this.#path('reached'), 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Passed);
  }

  forgetReached(): void {
    rmSync(this.#path('reached'), { force: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #path(name: string): string {
    return join(this.folder, name);
  }
}
