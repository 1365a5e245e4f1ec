import { readIfThere } from '../../local/files.js';

/** Bytes of memory that a process has now; nothing where it has ended. */
export const residentBytes = (pid: number): number | undefined => bytesIn(`/proc/${pid}/status`, 'VmRSS');

/** The same, with what it shares with other processes in equal parts. */
export const proportionalBytes = (pid: number): number | undefined => bytesIn(`/proc/${pid}/smaps_rollup`, 'Pss');

function bytesIn(file: string, field: string): number | undefined {
  const [, kibibytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readIfThere(file) ?? '') ?? [];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
