import { LocalError } from './local-error.js';

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs a command line's work; what a person can mend is one line, without a stack trace. */
export async function runCli(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.stderr.write(
      error instanceof LocalError ? `[local] ${error.message}\n` : `[local] ${(error as Error).stack ?? error}\n`,
    );
    process.exitCode = 1;
  }
}
