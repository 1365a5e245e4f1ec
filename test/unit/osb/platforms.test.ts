import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { Platforms } from '../../../src/osb/platforms.js';

const file = join(mkdtempSync(join(tmpdir(), 'holdfast-platforms-')), 'credentials');
const log = pino({ level: 'silent' });
let platforms: Platforms | undefined;
afterEach(() => platforms?.onModuleDestroy());

function replaceFile(text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

test('a platform is known by its user and any of its passwords', () => {
  platforms = new Platforms(
    {
      basicAuth: [
        { user: 'a', password: 'old' },
        { user: 'a', password: 'new' },
        { user: 'b', password: 'x' },
      ],
    },
    log,
  );
  expect(platforms.identify('a', 'old')).toBe('a');
  expect(platforms.identify('a', 'new')).toBe('a');
  expect(platforms.identify('b', 'x')).toBe('b');
  expect(platforms.identify('a', 'x')).toBeUndefined();
  expect(platforms.identify('c', 'old')).toBeUndefined();
  expect(platforms.identify('', '')).toBeUndefined();
});

test('a changed file counts without a restart; a broken one leaves the earlier credentials', async () => {
  replaceFile('a:first\n');
  const known = new Platforms({ basicAuth: [], basicAuthFile: file }, log);
  platforms = known;
  expect(known.identify('a', 'first')).toBe('a');

  replaceFile('a:second\nb:other\n');
  await vi.waitFor(() => expect(known.identify('b', 'other')).toBe('b'), { timeout: 5000, interval: 50 });
  expect(known.identify('a', 'first')).toBeUndefined();

  const refused = vi.spyOn(log, 'error');
  replaceFile('no credentials at all\n');
  await vi.waitFor(() => expect(refused).toHaveBeenCalled(), { timeout: 5000, interval: 50 });
  expect(known.identify('a', 'second')).toBe('a');
  expect(JSON.stringify(refused.mock.calls)).not.toContain('no credentials at all');
}, 15_000);
