import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { compiledCommand } from './compiled.js';

/** A command for those who run Holdfast, as a process of its own, ended by its process id whatever happens to the test. */
export class CommandProcess {
  /** Everything that it wrote, line by line. */
  readonly output: string[] = [];
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  /** Its exit code; nothing where it was killed. */
  readonly exit: Promise<number | null>;

  constructor(
    name: Parameters<typeof compiledCommand>[0],
    environment: NodeJS.ProcessEnv,
    options: readonly string[] = [],
    private readonly onLine: (line: string, command: CommandProcess) => void = () => {},
  ) {
    const child = spawn(process.execPath, [compiledCommand(name), ...options], {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const endWithUs = () => child.kill('SIGKILL');
    process.once('exit', endWithUs);
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.output.push(line);
        this.onLine(line, this);
      });
    }
    this.exit = new Promise((resolve, reject) => {
      child.once('error', reject).once('close', (code) => {
        process.off('exit', endWithUs);
        resolve(code);
      });
    });
  }

  /** As a crash does. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
