import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { compiledPreload } from '../../test/support/compiled.js';

const startSeconds = 60;

/** A server whose log goes to a file, so that nobody has to read along while it is measured. */
export class QuietProcess {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** @param program logs a line with its `url` once it listens */
  static async start(program: string, environment: NodeJS.ProcessEnv): Promise<QuietProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
    const log = join(folder, 'log');
    const file = openSync(log, 'w');
    const { PATH, HOME, BENCH_NODE_OPTIONS = '' } = process.env;
    const child = spawn(
      process.execPath,
      [
        ...BENCH_NODE_OPTIONS.split(' ').filter((option) => option !== ''),
        '--import',
        pathToFileURL(compiledPreload('end-with-parent')).href,
        program,
      ],
      {
        env: { PATH, HOME, HOLDFAST_PORT: '0', HOLDFAST_DRAIN_SECONDS: '0', ...environment },
        stdio: ['ignore', file, file, 'ipc'],
      },
    );
    closeSync(file);
    const deadline = Date.now() + startSeconds * 1_000;
    for (;;) {
      const [, url] = /^\{.*"url":"([^"]+)".*\}$/m.exec(readFileSync(log, 'utf8')) ?? [];
      if (url !== undefined) return new QuietProcess(url, child, folder);
      if (child.exitCode !== null || Date.now() > deadline) {
        child.kill();
        throw new Error(`${program} did not start:\n${readFileSync(log, 'utf8')}`);
      }
      await sleep(20);
    }
  }

  async end(): Promise<void> {
    const ended = once(this.child, 'exit');
    if (this.child.exitCode === null) {
      this.child.kill();
      await ended;
    }
    rmSync(this.folder, { recursive: true });
  }
}
