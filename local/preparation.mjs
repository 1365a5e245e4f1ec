// What the scripts share that make the checkout runnable.
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');

export function timed(name, what, work) {
  const start = performance.now();
  work();
  report(name, what, (performance.now() - start) / 1000);
}

export function report(name, what, seconds) {
  process.stderr.write(`[local] ${name}: ${what} (${seconds.toFixed(1)} s)\n`);
}

export function fail(message) {
  process.stderr.write(`[local] ${message}\n`);
  process.exit(1);
}
