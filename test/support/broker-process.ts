import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { compiledBroker, compiledPreload } from './compiled.js';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const startSeconds = 120;
const stopSeconds = 30;

/** A real broker, as `npm start` runs it: its own process, which ends with this one whatever happens to the test. */
export class BrokerProcess {
  /** Everything that it wrote, line by line: its log and what else came out of it. */
  readonly output: string[] = [];
  readonly #child: ChildProcess;
  readonly #exit: Promise<Exit>;
  readonly #ready: Promise<LogLine>;
  #readiness: LogLine | undefined;

  private constructor(environment: NodeJS.ProcessEnv, program: string) {
    const { PATH, HOME } = process.env;
    const child = spawn(
      process.execPath,
      ['--import', pathToFileURL(compiledPreload('end-with-parent')).href, program],
      {
        env: { PATH, HOME, HOLDFAST_PORT: '0', HOLDFAST_DRAIN_SECONDS: '0', ...environment },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    this.#child = child;
    this.#exit = new Promise((resolve, reject) => {
      child.once('error', reject).once('close', (code, signal) => resolve({ code, signal }));
    });
    this.#ready = new Promise((resolve) => {
      for (const input of [child.stdout, child.stderr]) {
        if (!input) continue;
        createInterface({ input }).on('line', (line) => {
          this.output.push(line);
          const entry = parse(line);
          if (entry?.msg === 'Holdfast is ready') resolve(entry);
        });
      }
    });
  }

  /** Ready to be asked when this returns. */
  static async start(environment: NodeJS.ProcessEnv, program = compiledBroker()): Promise<BrokerProcess> {
    const broker = new BrokerProcess(environment, program);
    const timeout = new AbortController();
    const ended = broker.#exit.then(({ code }) => `it ended with ${code}`);
    const late = sleep(startSeconds * 1000, `not within ${startSeconds} s`, timeout).catch(() => '');
    const readiness = await Promise.race([broker.#ready, ended, late]);
    timeout.abort();
    if (typeof readiness === 'string') {
      await broker.kill();
      throw new Error(`the broker did not start: ${readiness}\n${broker.output.join('\n')}`);
    }
    broker.#readiness = readiness;
    return broker;
  }

  get url(): string {
    return String(this.#readiness?.url);
  }

  /** Who it is to the cluster: a label of everything that it makes. */
  get identity(): string {
    return String(this.#readiness?.broker);
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get log(): readonly LogLine[] {
    return this.output.map(parse).filter((entry) => entry !== undefined);
  }

  /** As a crash does: nothing of it runs any more when this returns. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  /** Asks it to end in good order; it is killed where that takes too long, which its exit tells. */
  async terminate(): Promise<Exit> {
    this.#child.kill('SIGTERM');
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), stopSeconds * 1000);
    const exit = await this.#exit;
    clearTimeout(impatience);
    return exit;
  }
}

function parse(line: string): LogLine | undefined {
  return line.startsWith('{') ? (JSON.parse(line) as LogLine) : undefined;
}
