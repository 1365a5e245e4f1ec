import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { engineMutations } from '../mutations/engine.js';
import { mutations } from '../mutations/table.js';

const page = readFileSync('docs/recovery.md', 'utf8');
const listed = [...page.matchAll(/^\| (.+?) +\| `(src\/[^`]+)` +\| `([^`]+)`/gm)].map(([, name, file, test]) => ({
  name,
  file,
  test,
}));

describe('the mutations', () => {
  it('of the engine are those that docs/recovery.md lists', () => {
    expect(listed).toEqual(engineMutations.map(({ name, file, test }) => ({ name, file, test })));
  });

  it.each(mutations)('$name: change what there is, once, and name a test that there is', ({ file, from, to, test }) => {
    expect(readFileSync(file, 'utf8').split(from)).toHaveLength(2);
    expect(to).not.toBe(from);
    expect(existsSync(test)).toBe(true);
  });
});
