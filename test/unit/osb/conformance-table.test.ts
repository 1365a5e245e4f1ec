import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const page = readFileSync('docs/osb-conformance.md', 'utf8');
const rows = [...page.matchAll(/^\| ([A-Z]\d) .*$/gm)].map(([line]) => {
  const [, row = '', , implemented = '', tested = ''] = line.split('|').map((cell) => cell.trim());
  return { row, implemented, tested };
});

/** Titles that begin with rows, such as `P3, A4: 202 …`, by row and file. */
const titled = ['test/conformance', 'test/end-to-end']
  .flatMap((folder) => readdirSync(folder).map((file) => ({ folder, file })))
  .filter(({ file }) => file.endsWith('.test.ts'))
  .flatMap(({ folder, file }) => {
    const source = readFileSync(`${folder}/${file}`, 'utf8');
    return [...source.matchAll(/[a-z)]\(\s*'(([A-Z]\d(?:, [A-Z]\d)*)[: ][^'\n]*)'/g)].flatMap(
      ([, title = '', named = '']) =>
        named.split(', ').map((row) => ({ row, file: file.replace('.test.ts', ''), title })),
    );
  });

/** How many rows each part of the checklist has. */
const counts = { H: 9, E: 6, C: 8, A: 7, P: 7, L: 7, F: 5, U: 7, B: 9, D: 4 };

test('no row is missing', () => {
  const expected = Object.entries(counts).flatMap(([part, count]) =>
    Array.from({ length: count }, (_, index) => `${part}${index + 1}`),
  );
  expect(rows.map(({ row }) => row)).toEqual(expected);
});

describe.each(rows)('$row', ({ row, implemented, tested }) => {
  test('is implemented in files that there are, or says why not', () => {
    const files = [...implemented.matchAll(/`([^`]+)`/g)].map(([, file]) => `src/${file}`);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    expect(files.length > 0 || implemented === 'none').toBe(true);
  });

  test('lists its tests, and no other', () => {
    const listed = tested.split('<br>').flatMap((part) => {
      const [, file = ''] = /^`([^`]+)`: /.exec(part) ?? [];
      return [...part.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({ row, file, title }));
    });
    expect(listed).toEqual(titled.filter((test) => test.row === row));
    expect(listed.length > 0 || tested === 'not tested: nothing to test').toBe(true);
  });
});
