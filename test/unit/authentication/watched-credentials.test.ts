import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BasicPasswords } from '../../../src/authentication/basic.js';
import { WatchedCredentials } from '../../../src/authentication/watched-credentials.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const folder = temporaryFolder('credentials');
const [passwords, access] = [join(folder, 'passwords'), join(folder, 'access.yaml')];
const log = pino({ level: 'silent' });
const patience = { timeout: 10_000, interval: 50 };
let watched: WatchedCredentials | undefined;
beforeEach(() => vi.restoreAllMocks());
afterEach(() => watched?.stop());

/** Without a hash. */
const atOnce = (known: BasicPasswords, user: string, password: string): boolean =>
  known.areKnown(user, password) || known.matchPlain(user, password);

/** As Kubernetes does it: never half of a file. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

test('passwords in a file count besides the configured ones, without a restart; a broken file leaves them', async () => {
  replace(passwords, 'a:first\n');
  const known = new WatchedCredentials({ basicAuth: [{ user: 'c', password: 'x' }], basicAuthFile: passwords }, log);
  watched = known;
  expect(atOnce(known.passwords, 'a', 'first')).toBe(true);

  replace(passwords, 'a:second\nb:other\n');
  await vi.waitFor(() => expect(atOnce(known.passwords, 'b', 'other')).toBe(true), patience);
  expect(atOnce(known.passwords, 'a', 'first')).toBe(false);
  expect(atOnce(known.passwords, 'c', 'x')).toBe(true);

  const refused = vi.spyOn(log, 'error');
  replace(passwords, 'no credentials at all\n');
  await vi.waitFor(() => expect(refused).toHaveBeenCalled(), patience);
  expect(atOnce(known.passwords, 'a', 'second')).toBe(true);
  expect(JSON.stringify(refused.mock.calls)).not.toContain('no credentials at all');
}, 30_000);

test('an access file counts without a restart; a broken one leaves the earlier one, and its line is logged', async () => {
  replace(access, 'access:\n  - { platform: p, rights: [platform], basic: [a] }\n');
  const known = new WatchedCredentials({ basicAuth: [], accessFile: access }, log);
  watched = known;
  expect(known.access.user('a').platform).toBe('p');

  replace(access, 'access:\n  - { platform: q, rights: [operator], basic: [a] }\n');
  await vi.waitFor(() => expect(known.access.user('a').platform).toBe('q'), patience);

  const refused = vi.spyOn(log, 'error');
  replace(access, 'access:\n  - { platform: r, rights: [king], basic: [a] }\n');
  await vi.waitFor(() => expect(refused).toHaveBeenCalled(), patience);
  expect(JSON.stringify(refused.mock.calls)).toContain(`${access}:2: access[0].rights[0] must be one of`);
  expect(known.access.user('a')).toMatchObject({ platform: 'q', rights: new Set(['operator']) });
}, 30_000);
