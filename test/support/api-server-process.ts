import { clusterDaemonNames } from '../../local/cluster/daemons.js';
import { foldersOf } from '../../local/folders.js';
import { signal } from '../../local/processes.js';
import { isRunning, recordOf } from '../../local/supervisor.js';

const folders = foldersOf(process.env);

/** The process ids of the embedded cluster's daemons that run. */
export function daemonPids(): ReadonlyMap<string, number> {
  const records = clusterDaemonNames.map((name) => [name, recordOf(folders, name)] as const);
  return new Map(records.flatMap(([name, record]) => (record && isRunning(record) ? [[name, record.pid]] : [])));
}

/** Stops the embedded cluster's API server as it is, for all who use it, while `work` runs; it goes on in any case. */
export async function withoutApiServer(work: () => Promise<void>): Promise<void> {
  const pid = daemonPids().get('api-server');
  if (pid === undefined) throw new Error('there is no embedded API server that runs');
  const goOn = () => signal(pid, 'SIGCONT');
  process.once('exit', goOn);
  signal(pid, 'SIGSTOP');
  try {
    await work();
  } finally {
    goOn();
    process.off('exit', goOn);
  }
}
