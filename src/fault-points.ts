import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { logFields } from './observability/logger.js';
import { onSideEffects } from './side-effects.js';
import { withoutInternalIds } from './store/identifier.js';

/**
 * For tests of recovery: has this process kill or freeze itself before or after a side effect that a test has chosen,
 * as docs/recovery.md describes.
 * @param folder where a test writes `armed`, and this process `reached` and `struck`
 */
export function enableFaultPoints(folder: string): void {
  const known = new Set<string>();
  const pass = (title: string, moment: 'before' | 'after') => {
    const { operation, kind = '-', step = '-' } = logFields();
    // The same for every instance.
    const point = `${kind}/${step}/${withoutInternalIds(title)}/${moment}`;
    const passed = JSON.stringify({ point, operation });
    if (!known.has(passed)) appendFileSync(join(folder, 'reached'), `${passed}\n`);
    known.add(passed);
    const signal = claim(folder, point);
    if (signal) strike(folder, { point, operation, pid: process.pid, at: new Date() }, signal);
  };
  onSideEffects(
    ({ title }) => pass(title, 'before'),
    ({ title }, error) => {
      if (error === undefined) pass(title, 'after');
    },
  );
}

/** The signal that the point is armed with, for the first process that asks. */
function claim(folder: string, point: string): NodeJS.Signals | undefined {
  const path = join(folder, 'armed');
  try {
    const armed = JSON.parse(readFileSync(path, 'utf8')) as { readonly point: string; readonly signal: NodeJS.Signals };
    if (armed.point !== point) return undefined;
    renameSync(path, join(folder, `claimed.${process.pid}`));
    return armed.signal;
  } catch {
    // Nothing is armed, or another process was faster.
    return undefined;
  }
}

function strike(folder: string, struck: object, signal: NodeJS.Signals): void {
  const path = join(folder, 'struck');
  writeFileSync(`${path}.new`, JSON.stringify(struck));
  renameSync(`${path}.new`, path);
  process.kill(process.pid, signal);
}
