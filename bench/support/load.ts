import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Requests that differ in a number in their path only. */
export interface Load {
  readonly url: string;
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'DELETE';
  /** `<before><number><after>`, with numbers from 0; after `count` of them they begin again. */
  readonly path: { readonly before: string; readonly after: string; readonly count: number };
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly connections: number;
  /** All of them are answered, so that none is under way while something else is measured. */
  readonly requests: number;
  /** The status of each answer. */
  readonly expects: number;
}

export interface Burst {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p99: number;
}

/** Sends load from a process of its own. */
export class LoadGenerator {
  readonly #worker: ChildProcess = fork(fileURLToPath(new URL('./load-worker.js', import.meta.url)));

  /** @throws where any answer is another than expected */
  async send(load: Load): Promise<Burst> {
    this.#worker.send(load);
    const [answer] = (await once(this.#worker, 'message')) as [Burst | { readonly error: string }];
    if ('error' in answer) throw new Error(answer.error);
    return answer;
  }

  stop(): void {
    this.#worker.kill();
  }
}
