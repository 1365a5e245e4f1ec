import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import bcrypt from 'bcrypt';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ErrorBody } from '../support/broker-driver.js';
import { type Edge, startEdge } from '../support/edge-only.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/* What it takes to be let in, by name and password; and what becomes of those who try too often. */

const folder = temporaryFolder('authentication');
const passwordFile = join(folder, 'passwords');
const accessFile = join(folder, 'access.yaml');
const hash = (password: string) => bcrypt.hashSync(password, 4).replace('$2b$', '$2y$');

writeFileSync(passwordFile, `plain:secret\nhashed:${hash('old')}\nhashed:${hash('new')}\nreader:secret\nboth:secret\n`);
writeFileSync(
  accessFile,
  `
access:
  - { platform: cf, rights: [platform], basic: [hashed] }
  - { platform: operations, rights: [operator], basic: [reader] }
  - { platform: everything, rights: [platform, operator], basic: [both] }
`,
);

const patience = { timeout: 20_000 };
let edge: Edge;
const open = async (environment: NodeJS.ProcessEnv = {}) => {
  edge = await startEdge({
    environment: { HOLDFAST_BASIC_AUTH_FILE: passwordFile, HOLDFAST_ACCESS_FILE: accessFile, ...environment },
  });
};
const ask = (user: string, password: string, path = '/v2/catalog', headers: Record<string, string> = {}) =>
  edge.driver({ user, password }).raw<ErrorBody>('GET', path, { headers });
const statuses = async (answers: readonly Promise<{ readonly status: number }>[]) =>
  (await Promise.all(answers)).map(({ status }) => status);

describe('passwords', () => {
  beforeAll(() => open());
  afterAll(() => edge.close());
  afterEach(() => vi.restoreAllMocks());

  test.each([
    ['plain', 'secret', 200],
    ['hashed', 'old', 200],
    ['hashed', 'new', 200],
    ['hashed', 'other', 401],
    ['plain', 'old', 401],
    ['nobody', 'secret', 401],
  ])('%s:%s: %d', async (user, password, status) => {
    expect((await ask(user, password)).status).toBe(status);
  });

  test('what was verified is not hashed again, nor twice at once', async () => {
    await edge.close();
    await open();
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const compare = bcrypt.compare.bind(bcrypt);
    const compared = vi
      .spyOn(bcrypt, 'compare')
      .mockImplementation((password, stored) => gate.then(() => compare(password, stored)));
    const asked = Array.from({ length: 200 }, () => ask('hashed', 'old'));
    await expect.poll(() => compared.mock.calls.length, patience).toBeGreaterThan(0);
    // Meanwhile the others come, too: more than could wait if each was checked by itself.
    await sleep(1_000);
    release();
    expect(new Set(await statuses(asked))).toEqual(new Set([200]));
    expect(compared).toHaveBeenCalledTimes(1);
    await ask('hashed', 'old');
    expect(compared).toHaveBeenCalledTimes(1);
  });

  test('the access file says which platform a user is, and the audit hears of the credential', async () => {
    edge.instances.reset();
    await edge.driver({ user: 'hashed', password: 'new' }).fetchInstance('i');
    expect(edge.instances.asked).toEqual([{ caller: { platform: 'cf', credential: 'basic:hashed' }, instanceId: 'i' }]);
  });

  test('no answer and no log line holds a password', async () => {
    const answer = await ask('nobody', 'canary-password');
    const told = JSON.stringify([answer.body, answer.headers, edge.logLines()]);
    expect(told).not.toContain('canary-password');
    expect(told).not.toContain(Buffer.from('nobody:canary-password').toString('base64'));
    expect(edge.logLines().at(-1)).toMatchObject({ status: 401, refused: 'the user or the password is wrong' });
  });
});

describe('rights', () => {
  beforeAll(() => open());
  afterAll(() => edge.close());

  test.each([
    ['plain', '/v2/catalog', 200],
    ['reader', '/v2/catalog', 403],
    ['both', '/v2/catalog', 200],
    ['plain', '/operators/instances', 403],
    ['plain', '/operators', 403],
    ['plain', '/OPERATORS/instances', 403],
    ['reader', '/V2/service_instances/i', 403],
    ['reader', '//v2/service_instances/i', 404],
  ])('%s asks for %s: %d', async (user, path, status) => {
    const answer = await ask(user, 'secret', path);
    expect(answer.status).toBe(status);
    if (status === 403)
      expect(answer.body).toMatchObject({ error: 'Forbidden', description: expect.stringContaining('right') });
  });

  test('what needs a right asks who it is first', async () => {
    const answers = ['/v2/catalog', '/operators/instances'].map((path) => fetch(`${edge.url}${path}`));
    expect(await statuses(answers)).toEqual([401, 401]);
  });
});

/** No hash is compared until it is released; then none matches. */
function holdHashes(): () => void {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  vi.spyOn(bcrypt, 'compare').mockImplementation(() => gate.then(() => false));
  return release;
}

describe('repeated failures', () => {
  const limits = { HOLDFAST_AUTHENTICATION_FAILURES_PER_MINUTE: '5', HOLDFAST_TRUSTED_PROXIES: 'loopback' };
  const from = (address: string) => ({ 'x-forwarded-for': address });
  afterEach(() => edge.close());

  test('are answered 429 with Retry-After, by address, also with another name each time', async () => {
    await open(limits);
    const seen: number[] = [];
    for (let i = 0; i < 8; i++) seen.push((await ask(`user-${i}`, 'x', '/v2/catalog', from('192.0.2.1'))).status);
    expect(seen).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    const { headers, body } = await ask('user', 'x', '/v2/catalog', from('192.0.2.1'));
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(body).toMatchObject({ error: 'TooManyRequests', description: expect.stringMatching(/try again in \d+ s/) });
    expect((await ask('user', 'x', '/v2/catalog', from('192.0.2.2'))).status).toBe(401);
  });

  test('are answered 429 by name, also from another address each time', async () => {
    await open(limits);
    const seen: number[] = [];
    for (let i = 0; i < 8; i++) seen.push((await ask('hashed', 'x', '/v2/catalog', from(`192.0.2.${i}`))).status);
    expect(seen.slice(5)).toEqual([429, 429, 429]);
    expect((await ask('plain', 'x', '/v2/catalog', from('192.0.2.99'))).status).toBe(401);
  });

  test('from one IPv6 network are those of one client', async () => {
    await open(limits);
    const seen: number[] = [];
    for (let i = 0; i < 7; i++) seen.push((await ask(`u${i}`, 'x', '/v2/catalog', from(`2001:db8::${i}:1`))).status);
    expect(seen.slice(5)).toEqual([429, 429]);
    expect((await ask('u', 'x', '/v2/catalog', from('2001:db8:0:1::1'))).status).toBe(401);
  });

  test('keep nobody out whose credentials are right, not even one that was never seen', async () => {
    await open(limits);
    const address = from('192.0.2.1');
    for (let i = 0; i < 8; i++) await ask('hashed', 'x', '/v2/catalog', address);
    for (let i = 0; i < 8; i++) await ask('plain', 'x', '/v2/catalog', address);
    expect((await ask('hashed', 'wrong', '/v2/catalog', address)).status).toBe(429);
    expect((await ask('plain', 'secret', '/v2/catalog', address)).status).toBe(200);
    expect((await ask('hashed', 'old', '/v2/catalog', address)).status).toBe(200);
    const flood = Array.from({ length: 40 }, (_, i) => ask('hashed', `x${i}`, '/v2/catalog', address));
    expect(await statuses([ask('hashed', 'old', '/v2/catalog', address)])).toEqual([200]);
    expect(new Set(await statuses(flood))).toEqual(new Set([429]));
  });

  test('a flood of guesses learns nothing of a plain password that is among them, and it passes by itself', async () => {
    await open(limits);
    const address = from('192.0.2.1');
    for (let i = 0; i < 8; i++) await ask('plain', 'x', '/v2/catalog', address);
    const release = holdHashes();
    let answered = 0;
    const flood = Array.from({ length: 60 }, async (_, i) => {
      const answer = await ask('plain', `x${i}`, '/v2/catalog', address);
      answered += 1;
      return answer;
    });
    try {
      await expect.poll(() => answered, patience).toBe(51);
      expect((await ask('plain', 'secret', '/v2/catalog', address)).status).toBe(429);
    } finally {
      release();
    }
    expect(new Set(await statuses(flood))).toEqual(new Set([429]));
    expect((await ask('plain', 'secret', '/v2/catalog', address)).status).toBe(200);
    vi.restoreAllMocks();
  });

  test('a flood of guesses hashes no more than a few of them', async () => {
    await open(limits);
    const address = from('192.0.2.1');
    for (let i = 0; i < 8; i++) await ask('hashed', 'x', '/v2/catalog', address);
    const release = holdHashes();
    let answered = 0;
    const flood = Array.from({ length: 300 }, async (_, i) => {
      const answer = await ask('hashed', `x${i}`, '/v2/catalog', address);
      answered += 1;
      return answer;
    });
    // One is checked, eight wait, and the others need not be looked at.
    try {
      await expect.poll(() => answered, patience).toBe(291);
      expect(bcrypt.compare).toHaveBeenCalledTimes(1);
    } finally {
      release();
    }
    expect(new Set(await statuses(flood))).toEqual(new Set([429]));
    vi.restoreAllMocks();
  });

  test('the word of a proxy that is not trusted does not count', async () => {
    await open({ ...limits, HOLDFAST_TRUSTED_PROXIES: '' });
    const seen: number[] = [];
    for (let i = 0; i < 7; i++) seen.push((await ask(`user-${i}`, 'x', '/v2/catalog', from(`192.0.2.${i}`))).status);
    expect(seen.slice(5)).toEqual([429, 429]);
  });
});

describe('requests of one platform', () => {
  afterEach(() => edge.close());

  test('beyond its rate are answered 429 with Retry-After, and keep no other platform out', async () => {
    await open({ HOLDFAST_RATE_LIMIT_PER_SECOND: '10' });
    const seen = await statuses(Array.from({ length: 60 }, () => ask('plain', 'secret')));
    expect(new Set(seen)).toEqual(new Set([200, 429]));
    const late = await ask('both', 'secret');
    expect(late.status).toBe(200);
    await expect.poll(async () => (await ask('plain', 'secret')).status, patience).toBe(200);
  });
});
