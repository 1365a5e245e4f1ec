import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
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

/**
 * Stops the embedded cluster's API server as it is, for all who use it, for some seconds. It goes on in any case, also
 * where this process is killed meanwhile.
 */
export async function stopApiServer(seconds: number): Promise<void> {
  const pid = daemonPids().get('api-server');
  if (pid === undefined) throw new Error('there is no embedded API server that runs');
  const script = `sleep ${seconds + 5}; kill -CONT ${pid}`;
  const guard = spawn('sh', ['-c', script], { detached: true, stdio: 'ignore' });
  if (guard.pid === undefined) throw new Error('nothing would let the API server go on');
  const group = -guard.pid;
  const goOn = () => signal(pid, 'SIGCONT');
  process.once('exit', goOn);
  signal(pid, 'SIGSTOP');
  try {
    await sleep(seconds * 1_000);
  } finally {
    goOn();
    signal(group, 'SIGKILL');
    process.off('exit', goOn);
  }
}
