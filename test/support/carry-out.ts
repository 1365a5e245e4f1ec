import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '../../src/observability/logger.js';
import type { Procedure } from '../../src/operations/step.js';

const log = createLogger('silent');
const milliseconds = (since: number) => `${Math.round(performance.now() - since)} ms`;

/** For procedures that find out nothing which is to be kept. */
export const keepNothing = async (): Promise<void> => undefined;

/** Runs a procedure's stages without an engine, each step until it is done, and prints what each step takes. */
export async function carryOut(name: string, procedure: Procedure | undefined): Promise<void> {
  if (!procedure) throw new Error(`there is no procedure to ${name}`);
  const began = performance.now();
  const times: string[] = [];
  await runStages(procedure, (key, stepBegan) => times.push(`${key} ${milliseconds(stepBegan)}`));
  process.stdout.write(`${name} ${milliseconds(began)}: ${times.join(', ')}\n`);
}

/** @param tell hears of each step that is done, with when it began */
export async function runStages(
  { stages }: Procedure,
  tell: (key: string, began: number) => void = () => {},
): Promise<void> {
  for (const stage of stages) {
    await Promise.all(
      stage.map(async (step) => {
        const began = performance.now();
        const pauses = growing();
        while ((await step.run({ signal: AbortSignal.timeout(20_000), log })).kind === 'wait') await sleep(pauses());
        tell(step.key, began);
      }),
    );
  }
}

/** Each look of a deletion has its namespace's controller begin anew: one that looks all the time never sees its end. */
function growing(): () => number {
  let next = 30;
  return () => {
    const pause = next;
    next = Math.min(next * 2, 1_000);
    return pause;
  };
}
