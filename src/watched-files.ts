import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Logger } from './observability/logger.js';

const checkEveryMilliseconds = 1_000;

/**
 * Files whose contents may change while we run. Polled, as Kubernetes swaps a mounted Secret by a link that file system
 * events do not tell of. Contents that cannot be taken leave the earlier ones in use, and are logged.
 */
export class WatchedFiles {
  readonly #timer: NodeJS.Timeout;
  #known: readonly string[];
  #isChecking = false;
  /** Why the last check failed, so that a lasting reason is told once. */
  #told: string | undefined;

  /**
   * Takes what the files hold now.
   * @param what they are, for the log, such as `platform credentials`
   * @param take is given the texts in the order of the files; what it throws here is thrown
   */
  constructor(
    private readonly what: string,
    private readonly files: readonly string[],
    private readonly take: (texts: readonly string[]) => void,
    private readonly log: Logger,
  ) {
    this.#known = files.map((file) => readFileSync(file, 'utf8'));
    take(this.#known);
    this.#timer = setInterval(() => void this.#check(), checkEveryMilliseconds).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    const { files } = this;
    try {
      const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
      if (texts.every((text, index) => text === this.#known[index])) return;
      this.#known = texts;
      this.take(texts);
      this.#told = undefined;
      this.log.info({ files }, `${this.what} were read again`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#told) {
        this.log.error({ files, reason }, `${this.what} cannot be read, the earlier ones stay valid: correct the file`);
      }
      this.#told = reason;
    } finally {
      this.#isChecking = false;
    }
  }
}
