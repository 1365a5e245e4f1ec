import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type SecureVersion } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Authority, type Certified } from '../support/authority.js';
import { StubBroker } from '../support/stub-broker.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = temporaryFolder('tls');
const at = (name: string) => join(folder, name);
const files = {
  HOLDFAST_TLS_CERTIFICATE_FILE: at('tls.crt'),
  HOLDFAST_TLS_KEY_FILE: at('tls.key'),
  HOLDFAST_TLS_CLIENT_CA_FILE: at('client-ca.crt'),
  HOLDFAST_ACCESS_FILE: at('access.yaml'),
};
let servers: Authority;
let clients: Authority;
let stub: StubBroker;

function serve({ certificate, key }: Certified): void {
  writeFileSync(at('tls.crt'), certificate);
  writeFileSync(at('tls.key'), key);
}

beforeAll(async () => {
  servers = await Authority.create('servers');
  clients = await Authority.create('clients');
  serve(await servers.issue('first'));
  writeFileSync(at('client-ca.crt'), clients.certificate);
  writeFileSync(
    at('access.yaml'),
    'access:\n  - { platform: certified, rights: [platform], certificates: [{ commonName: cf }] }\n',
  );
  stub = await StubBroker.start(files);
});
afterAll(() => stub.end());

interface Client {
  readonly password?: string;
  readonly certified?: Certified;
  readonly path?: string;
}

async function ask({ password, certified, path = '/v2/catalog' }: Client): Promise<number | undefined> {
  const request = https.get(`${stub.url}${path}`, {
    agent: false,
    ca: servers.certificate,
    headers: { 'x-broker-api-version': '2.17' },
    ...(password !== undefined && { auth: `platform:${password}` }),
    ...(certified && { cert: certified.certificate, key: certified.key }),
  });
  const [response] = await once(request, 'response');
  await text(response);
  return response.statusCode;
}

/** The common name of the certificate that a new connection is shown. */
async function shown(): Promise<string> {
  const { hostname, port } = new URL(stub.url);
  const socket = connect({ host: hostname, port: Number(port), ca: servers.certificate });
  await once(socket, 'secureConnect');
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

test('the broker tells an https URL, and passwords work as ever', async () => {
  expect(stub.url).toMatch(/^https:/);
  expect(await ask({ password: 'secret' })).toBe(200);
  expect(await ask({ password: 'wrong' })).toBe(401);
});

test('health is told to whoever comes without a certificate', async () => {
  expect(await ask({ path: '/health/live' })).toBe(200);
});

test('it is spoken no other way', async () => {
  await expect(fetch(stub.url.replace('https:', 'http:'))).rejects.toThrow();
});

test.each<[SecureVersion, boolean]>([
  ['TLSv1.3', true],
  ['TLSv1.2', true],
  ['TLSv1.1', false],
])('%s: %s', async (version, expected) => {
  const { hostname, port } = new URL(stub.url);
  const versions = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
  const socket = connect({ host: hostname, port: Number(port), ca: servers.certificate, ...versions });
  const outcome = await Promise.race([
    once(socket, 'secureConnect').then(() => true),
    once(socket, 'close').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  expect(outcome).toBe(expected);
});

describe('a client certificate', () => {
  test('that the access file names is a platform', async () => {
    expect(await ask({ certified: await clients.issue('cf') })).toBe(200);
  });

  const others: readonly (readonly [what: string, make: () => Promise<Certified>])[] = [
    ['that the access file does not name', () => clients.issue('other')],
    ['of the same name by another authority', async () => (await Authority.create('clients')).issue('cf')],
    ['of the servers’ authority', () => servers.issue('cf')],
    ['that has expired', () => clients.issue('cf', new Date(Date.now() - 60_000))],
  ];
  test.each(others)('%s is nobody', async (_, make) => {
    expect(await ask({ certified: await make() })).toBe(401);
  });

  test('does not help a wrong password', async () => {
    expect(await ask({ certified: await clients.issue('cf'), password: 'wrong' })).toBe(401);
  });
});

test('certificates and authorities change without a restart and without a failed request; half of a pair does not', async () => {
  const running = new AbortController();
  const failed: unknown[] = [];
  let asked = 0;
  const load = (async () => {
    while (!running.signal.aborted) {
      const status = await ask({ password: 'secret' }).catch((error: unknown) => error);
      asked += 1;
      if (status !== 200) failed.push(status);
    }
  })();
  try {
    const [second, newClients] = [await servers.issue('second'), await Authority.create('new clients')];
    writeFileSync(at('tls.crt'), second.certificate);
    writeFileSync(at('client-ca.crt'), newClients.certificate);
    const seen = asked;
    await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThan(seen + 20);
    expect(await shown()).toBe('first');
    writeFileSync(at('tls.key'), second.key);
    await expect.poll(shown, { timeout: 10_000 }).toBe('second');
    expect(await ask({ certified: await newClients.issue('cf') })).toBe(200);
    expect(await ask({ certified: await clients.issue('cf') })).toBe(401);
  } finally {
    running.abort();
    await load;
  }
  expect(failed).toEqual([]);
});
