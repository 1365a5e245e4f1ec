import { dirname } from 'node:path';
import type { Folders } from './folders.js';
import { LocalError } from './local-error.js';
import type { MarkedProcess } from './processes.js';
import { stateOfMark } from './supervisor.js';

/** There is one local environment a machine: two would take each other's addresses and sockets. */
export function demandSole(folders: Folders, processes: readonly Pick<MarkedProcess, 'pid' | 'mark'>[]): void {
  const other = processes.find(({ mark }) => stateOfMark(mark) !== folders.state);
  if (!other) return;
  const state = stateOfMark(other.mark);
  throw new LocalError(
    `a local environment with its state in ${state} runs already (process ${other.pid}): ` +
      `stop it with HOLDFAST_STATE='${dirname(state)}' npm run local:down, and start again`,
  );
}
