import { describe, expect, test } from 'vitest';
import { Access, type Claims } from '../../../src/authentication/access.js';

const issuer = 'https://id.example.com';
const access = new Access([
  {
    platform: 'cf',
    rights: ['platform'],
    basic: ['cf-old', 'cf-new'],
    oidc: [{ issuer, audience: 'holdfast', scope: ['broker', 'write'], claims: { client_id: 'cf', level: 2 } }],
    serviceAccounts: [{ namespace: 'catalog', name: 'controller', audience: 'holdfast' }],
    certificates: [{ commonName: 'cf' }],
  },
  { platform: 'operations', rights: ['operator'], oidc: [{ issuer, audience: 'holdfast', scope: ['operate'] }] },
  { platform: 'groups', rights: ['platform'], oidc: [{ issuer, audience: 'groups', claims: { groups: 'brokers' } }] },
]);

test('a user of the file is the platform it says, any other one that of its name, without other rights', () => {
  expect(access.user('cf-old')).toEqual({ platform: 'cf', rights: new Set(['platform']), credential: 'basic:cf-old' });
  expect(access.user('toString')).toEqual({
    platform: 'toString',
    rights: new Set(['platform']),
    credential: 'basic:toString',
  });
});

test('a certificate or a service account that the file does not name is nobody', () => {
  expect(access.certificate('cf')).toMatchObject({ platform: 'cf', credential: 'certificate:cf' });
  expect(access.certificate('CF')).toBeUndefined();
  const account = { namespace: 'catalog', name: 'controller' };
  expect(access.audiencesOf(account)).toEqual(['holdfast']);
  expect(access.serviceAccount(account, ['holdfast'])).toMatchObject({
    platform: 'cf',
    credential: 'service-account:catalog/controller',
  });
  expect(access.serviceAccount(account, ['other'])).toBeUndefined();
  expect(access.serviceAccount(account, [])).toBeUndefined();
  expect(access.serviceAccount({ namespace: 'other', name: 'controller' }, ['holdfast'])).toBeUndefined();
});

describe('a token', () => {
  const good: Claims = { iss: issuer, sub: 's', aud: 'holdfast', scope: 'write broker', client_id: 'cf', level: 2 };
  const cases: readonly (readonly [what: string, changes: object, platform: string | undefined])[] = [
    ['with all that is asked for', {}, 'cf'],
    ['for several audiences', { aud: ['x', 'holdfast'] }, 'cf'],
    ['with its scopes in a list', { scope: undefined, scp: ['broker', 'write'] }, 'cf'],
    ['that the second rule fits', { scope: 'operate' }, 'operations'],
    ['with a claim in a list', { aud: 'groups', groups: ['x', 'brokers'] }, 'groups'],
    ['that lacks one of two scopes', { scope: 'broker' }, undefined],
    ['with a scope that only begins so', { scope: 'broker writer' }, undefined],
    ['that lacks a claim', { client_id: undefined }, undefined],
    ['with a claim of another type', { level: '2' }, undefined],
    ['for another audience', { aud: 'holdfast2' }, undefined],
    ['for another rule’s audience', { aud: 'groups' }, undefined],
    ['of another issuer', { iss: 'https://evil.example.com' }, undefined],
    ['without an audience', { aud: undefined }, undefined],
  ];
  test.each(cases)('%s', (_, changes, platform) => {
    const verdict = access.token({ ...good, ...changes });
    expect(verdict.kind === 'known' ? verdict.identity.platform : undefined).toBe(platform);
  });

  test('is told by its issuer and its subject', () => {
    expect(access.token(good)).toMatchObject({ identity: { credential: `oidc:${issuer}#s` } });
  });
});
