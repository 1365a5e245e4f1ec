import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instancePath } from '../support/broker-driver.js';
import { type Edge, startEdge } from '../support/edge-only.js';
import { OpenIdServer } from '../support/openid-provider.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const accessFile = join(temporaryFolder('openid'), 'access.yaml');
let provider: OpenIdServer;
let edge: Edge;

beforeEach(async () => {
  provider = await OpenIdServer.start();
  writeFileSync(
    accessFile,
    `
access:
  - platform: cloud-foundry
    rights: [platform]
    oidc: [{ issuer: "${provider.issuer}", audience: holdfast, scope: [broker], claims: { client_id: cf } }]
  - platform: operations
    rights: [operator]
    oidc: [{ issuer: "${provider.issuer}", audience: holdfast, scope: [operate] }]
`,
  );
  edge = await startEdge({ environment: { HOLDFAST_BASIC_AUTH_FILE: '', HOLDFAST_ACCESS_FILE: accessFile } });
});
afterEach(async () => {
  await edge.close();
  await provider.away();
});

const ask = (token: string, path = '/v2/catalog') =>
  edge.broker.raw<{ readonly description: string }>('GET', path, { headers: { authorization: `Bearer ${token}` } });

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a token of the provider is the platform that the access file says', async () => {
  expect((await ask(await provider.token(), instancePath('i'))).status).toBe(200);
  const credential = `oidc:${provider.issuer}#cf`;
  expect(edge.instances.asked).toEqual([{ caller: { platform: 'cloud-foundry', credential }, instanceId: 'i' }]);
});

test('its scope gives its rights', async () => {
  const token = await provider.token({ scope: 'operate' });
  expect((await ask(token)).status).toBe(403);
});

describe('a token is refused', () => {
  const tokens: readonly (readonly [what: string, make: () => Promise<string>])[] = [
    ['for another audience', () => provider.token({ audience: 'other' })],
    ['without the scope', () => provider.token({ scope: 'other' })],
    ['without the claim', () => provider.sign({ client_id: 'other' })],
    ['that has expired', () => provider.sign({ exp: Math.floor(Date.now() / 1_000) - 60 })],
    ['that never expires', () => provider.sign({ exp: undefined })],
    ['that is valid later', () => provider.sign({ nbf: Math.floor(Date.now() / 1_000) + 60 })],
    ['of nobody', () => provider.sign({ sub: undefined })],
    ['of another issuer, signed by this one', () => provider.sign({ iss: 'https://other.example.com' })],
    [
      'that is signed by another key of the same name',
      async () => {
        const { privateKey, publicKey } = await generateKeyPair('RS256');
        return await provider.sign({}, { id: provider.key.id, privateKey, publicKey });
      },
    ],
    [
      'that is not signed',
      async () => {
        const [, claims] = (await provider.sign()).split('.');
        return `${base64({ alg: 'none' })}.${claims}.`;
      },
    ],
    [
      'whose signature is the public key as a secret',
      async () => {
        const [, claims] = (await provider.sign()).split('.');
        const signed = `${base64({ alg: 'HS256', kid: provider.key.id })}.${claims}`;
        const secret = await exportSPKI(provider.key.publicKey);
        return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
      },
    ],
    [
      'that brings its own key',
      async () => {
        const { privateKey } = await generateKeyPair('RS256');
        const jku = 'https://evil.example.com/jwks';
        return await new SignJWT({ iss: provider.issuer, aud: 'holdfast', sub: 'cf', client_id: 'cf', scope: 'broker' })
          .setProtectedHeader({ alg: 'RS256', kid: provider.key.id, jku })
          .setExpirationTime('1m')
          .sign(privateKey);
      },
    ],
    [
      'whose claims were changed',
      async () => {
        const [header, , signature] = (await provider.token({ scope: 'other' })).split('.');
        const [, claims] = (await provider.sign()).split('.');
        return `${header}.${claims}.${signature}`;
      },
    ],
    ['that is none', async () => 'abc'],
    ['that only looks like one', async () => 'e30.e30.e30'],
  ];
  test.each(tokens)('%s', async (_, make) => {
    const answer = await ask(await make());
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  });
});

test('keys are rotated without a restart, and one that was taken back signs no more', async () => {
  const before = provider.key;
  expect((await ask(await provider.token())).status).toBe(200);
  await provider.rotate();
  expect((await ask(await provider.token())).status).toBe(200);
  expect((await ask(await provider.sign({}, before))).status).toBe(401);
});

test('tokens that name unknown keys do not make us ask for keys each time', async () => {
  await ask(await provider.token());
  const { keysAskedFor } = provider;
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const strange = await Promise.all(
    Array.from({ length: 50 }, (_, i) => provider.sign({}, { id: `unknown-${i}`, privateKey, publicKey })),
  );
  for (const { status } of await Promise.all(strange.map((token) => ask(token)))) expect([401, 429]).toContain(status);
  expect(provider.keysAskedFor - keysAskedFor).toBeLessThan(10);
});

describe('while the provider is away', () => {
  test('and nothing is known of its keys: 503, not 401', async () => {
    const token = await provider.token();
    await provider.away();
    const answer = await ask(token);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    expect(answer.body.description).toContain('try again');
    await provider.listen();
    expect((await ask(token)).status).toBe(200);
  });

  test('good tokens go on with the keys that are known, and bad ones are refused; of unknown keys nothing is said', async () => {
    const [token, other] = [await provider.token(), await provider.token({ audience: 'other' })];
    expect((await ask(token)).status).toBe(200);
    await provider.away();
    expect((await ask(token)).status).toBe(200);
    expect((await ask(other)).status).toBe(401);
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    expect((await ask(await provider.sign({}, { id: 'newer', privateKey, publicKey }))).status).toBe(503);
    await provider.listen();
  });
});
