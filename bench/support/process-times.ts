import { readFileSync } from 'node:fs';
import { stateOf } from '../../local/processes.js';

/** Of the kernel's clock in which it tells what a process has spent; Linux has no other on what we run on. */
const ticksASecond = 100;

/** User and system time that a process has spent since it started. */
export function cpuMilliseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Its name is in parentheses, and may hold anything. The fields after it: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = Number.NaN, system = Number.NaN] = fields.slice(11, 13).map(Number);
  return ((user + system) * 1_000) / ticksASecond;
}

/** Since a process started; not a number where it has ended. */
export function ageSeconds(pid: number): number {
  const [up] = readFileSync('/proc/uptime', 'utf8').split(' ');
  return Number(up) - Number(stateOf(pid)?.startTime) / ticksASecond;
}
