import { describe, expect, test } from 'vitest';
import { Access } from '../../../src/authentication/access.js';
import { BearerTokens, type TokenReview } from '../../../src/authentication/bearer.js';
import type { Verdict } from '../../../src/authentication/identity.js';

/* What is decided around the cluster's word; the real one is asked in test/end-to-end/service-account-tokens. */

const access = new Access([
  {
    platform: 'catalog',
    rights: ['platform'],
    serviceAccounts: [{ namespace: 'n', name: 'controller', audience: 'holdfast' }],
  },
  {
    platform: 'tools',
    rights: ['operator'],
    serviceAccounts: [{ namespace: 'n', name: 'console', audience: 'holdfast' }],
  },
]);
const tokenOf = (sub: string) => `e30.${Buffer.from(JSON.stringify({ sub })).toString('base64url')}.x`;
const token = tokenOf('system:serviceaccount:n:controller');
const good: TokenReview = {
  isAuthenticated: true,
  user: 'system:serviceaccount:n:controller',
  audiences: ['holdfast'],
};

async function verdictOn(tokens: BearerTokens, text = token): Promise<Verdict> {
  const check = tokens.checkOf(text, access);
  return check.kind === 'done' ? check.verdict : await check.check();
}

describe('the cluster says', () => {
  const cases: readonly (readonly [what: string, review: TokenReview, kind: Verdict['kind']])[] = [
    ['that it is so', good, 'known'],
    ['that the token is nobody’s', { ...good, isAuthenticated: false }, 'wrong'],
    ['no audience', { ...good, audiences: [] }, 'wrong'],
    ['another audience', { ...good, audiences: ['other'] }, 'wrong'],
    ['another account', { ...good, user: 'system:serviceaccount:n:other' }, 'wrong'],
    ['another account that may ask too', { ...good, user: 'system:serviceaccount:n:console' }, 'wrong'],
    ['a user', { ...good, user: 'admin' }, 'wrong'],
  ];
  test.each(cases)('%s', async (_, review, kind) => {
    expect((await verdictOn(new BearerTokens(async () => review))).kind).toBe(kind);
  });

  test('nothing: the token is neither right nor wrong', async () => {
    const silent = new BearerTokens(() => Promise.reject(new Error('away')));
    expect(await verdictOn(silent)).toMatchObject({ kind: 'undecided', reason: expect.stringContaining('try again') });
    expect((await verdictOn(new BearerTokens(undefined))).kind).toBe('undecided');
  });
});

test('the cluster is asked about a token once in a while, and never about one that cannot be right', async () => {
  const asked: string[] = [];
  const tokens = new BearerTokens(async (text) => {
    asked.push(text);
    return good;
  });
  for (const text of [token, token, tokenOf('system:serviceaccount:n:other'), tokenOf('admin'), 'x', 'e30.e30.x']) {
    await verdictOn(tokens, text);
  }
  expect(asked).toEqual([token]);
});
