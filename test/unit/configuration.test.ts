import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../src/configuration.js';
import { ConfigurationError } from '../../src/variables.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const key = Buffer.alloc(32, 7).toString('base64');

const enough = {
  HOLDFAST_BASIC_AUTH: 'platform:secret',
  HOLDFAST_STORE_URL: 'mongodb://store:27017/holdfast',
  HOLDFAST_REDIS_URL: 'redis://queue:6379',
  HOLDFAST_ENCRYPTION_KEYS: `k1:${key}`,
};

function linesOf(environment: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfiguration(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.lines;
    throw error;
  }
}

const folder = temporaryFolder('configuration');

function fileWith(text: string): string {
  const file = join(folder, randomUUID());
  writeFileSync(file, text);
  return file;
}

test('what need not be set has defaults', () => {
  expect(loadConfiguration(enough)).toEqual({
    host: '127.0.0.1',
    port: 3000,
    orphanGraceSeconds: 86_400,
    role: 'all',
    basicAuth: [{ user: 'platform', password: 'secret' }],
    trustedProxies: [],
    mostFailuresPerMinute: 30,
    mostRequestsPerSecond: 2000,
    headersSeconds: 10,
    requestSeconds: 30,
    keepAliveSeconds: 5,
    maximumConnections: 10_000,
    storeUrl: 'mongodb://store:27017/holdfast',
    redisUrl: 'redis://queue:6379',
    catalogFile: expect.stringMatching(/\/catalog\/default\.yaml$/),
    encryptionKeys: [{ id: 'k1', key: Buffer.alloc(32, 7) }],
    lostEncryptionKeys: [],
    logLevel: 'info',
    maximumConcurrentProvisions: 10,
    workerConcurrency: 50,
    clusterDomain: 'cluster.local',
    memberAccess: 'tunnel',
    certificateDays: 90,
    traces: false,
    deletedGraceSeconds: 3600,
    synchronousSeconds: 5,
    drainSeconds: 5,
    bindingLifetimeSeconds: 0,
  });
});

describe('what is set counts', () => {
  const cases: readonly (readonly [NodeJS.ProcessEnv, object])[] = [
    [{ HOLDFAST_PORT: '0' }, { port: 0 }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, { traces: true }],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/v1/traces' }, { traces: true }],
    [{ HOLDFAST_PORT: '' }, { port: 3000 }],
    [{ HOLDFAST_HOST: '0.0.0.0' }, { host: '0.0.0.0' }],
    [
      { HOLDFAST_ROLE: 'worker', HOLDFAST_BASIC_AUTH: '' },
      { role: 'worker', basicAuth: [] },
    ],
    [
      { HOLDFAST_BASIC_AUTH: 'a:x:y,b:z' },
      {
        basicAuth: [
          { user: 'a', password: 'x:y' },
          { user: 'b', password: 'z' },
        ],
      },
    ],
    [{ HOLDFAST_ENCRYPTION_KEYS: `new:${key},old:${key}` }, { encryptionKeys: [{ id: 'new' }, { id: 'old' }] }],
    [{ HOLDFAST_STORE_URL: 'mongodb+srv://user:secret@store' }, { storeUrl: 'mongodb+srv://user:secret@store' }],
    [{ HOLDFAST_DELETED_GRACE_SECONDS: '0' }, { deletedGraceSeconds: 0 }],
    [{ HOLDFAST_ORPHAN_GRACE_SECONDS: '0' }, { orphanGraceSeconds: 0 }],
    [{ HOLDFAST_TRUSTED_PROXIES: 'loopback, 10.0.0.0/8,::1' }, { trustedProxies: ['loopback', '10.0.0.0/8', '::1'] }],
    [{ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, { memberAccess: 'direct' }],
    [{ KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBECONFIG: '/kubeconfig' }, { memberAccess: 'tunnel' }],
    [{ KUBERNETES_SERVICE_HOST: '10.0.0.1', HOLDFAST_MEMBER_ACCESS: 'tunnel' }, { memberAccess: 'tunnel' }],
  ];
  test.each(cases)('%j', (environment, expected) => {
    expect(loadConfiguration({ ...enough, ...environment })).toMatchObject(expected);
  });
});

describe('a wrong variable is told in one line, without its secrets', () => {
  const cases: readonly (readonly [name: string, value: string, line: string])[] = [
    ['HOLDFAST_PORT', '70000', 'HOLDFAST_PORT holds "70000", and may hold a whole number from 0 to 65535'],
    ['HOLDFAST_PORT', '30x', 'HOLDFAST_PORT holds "30x", and may hold a whole number from 0 to 65535'],
    ['HOLDFAST_ROLE', 'both', 'HOLDFAST_ROLE holds "both", and may hold "api", "worker", "all"'],
    [
      'HOLDFAST_STORE_URL',
      '',
      'HOLDFAST_STORE_URL is not set: it must hold a URL that begins with mongodb:// or mongodb+srv://',
    ],
    [
      'HOLDFAST_STORE_URL',
      'postgres://me:secret@store/x',
      'HOLDFAST_STORE_URL holds "postgres://***@store/x", and may hold a URL that begins with mongodb:// or mongodb+srv://',
    ],
    [
      'HOLDFAST_REDIS_URL',
      'me:secret@queue',
      'HOLDFAST_REDIS_URL holds "***@queue", and may hold a URL that begins with redis:// or rediss:// or redis+sentinel:// or rediss+sentinel://',
    ],
    [
      'HOLDFAST_REDIS_URL',
      'redis+sentinel://:secret@s1,s2?sentinelPassword=secret',
      'HOLDFAST_REDIS_URL holds "redis+sentinel://***@s1,s2?***", and may hold a URL that begins with redis:// or rediss:// or redis+sentinel:// or rediss+sentinel:// (the name of the primary is missing: /name after the Sentinels)',
    ],
    [
      'HOLDFAST_BASIC_AUTH',
      'platform:secret,other',
      'HOLDFAST_BASIC_AUTH holds "platform:***,***", and may hold user:password[,user:password…] (entry 2 is no user:password)',
    ],
    [
      'HOLDFAST_BASIC_AUTH',
      '',
      'HOLDFAST_BASIC_AUTH is not set: set it to user:password[,user:password…], HOLDFAST_BASIC_AUTH_FILE to the path of a file with one user:password a line, or HOLDFAST_ACCESS_FILE to the path of an access file',
    ],
    [
      'HOLDFAST_ENCRYPTION_KEYS',
      `k1:${key},k2:c2hvcnQ=`,
      'HOLDFAST_ENCRYPTION_KEYS holds "k1:***,k2:***", and may hold id:base64[,id:base64…], each key 32 bytes (the key of entry 2 has 5 bytes)',
    ],
    [
      'HOLDFAST_ENCRYPTION_KEYS',
      `k1:${key},k1:${key}`,
      'HOLDFAST_ENCRYPTION_KEYS holds "k1:***,k1:***", and may hold id:base64[,id:base64…], each key 32 bytes (two keys have one id)',
    ],
    [
      'HOLDFAST_TRUSTED_PROXIES',
      'loopback,10',
      'HOLDFAST_TRUSTED_PROXIES holds "loopback,10", and may hold addresses and networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal, parted by commas ("10" is none)',
    ],
    [
      'HOLDFAST_ACCESS_FILE',
      '/nowhere',
      'HOLDFAST_ACCESS_FILE holds "/nowhere", and may hold the path of a file that can be read (ENOENT: no such file or directory, open \'/nowhere\')',
    ],
    [
      'HOLDFAST_CLUSTER_DOMAIN',
      'not a domain',
      'HOLDFAST_CLUSTER_DOMAIN holds "not a domain", and may hold a DNS domain, such as cluster.local',
    ],
  ];
  test.each(cases)('%s=%s', (name, value, line) => {
    expect(linesOf({ ...enough, [name]: value })).toEqual([line]);
  });

  test('all wrong ones at once', () => {
    expect(linesOf({})).toHaveLength(4);
  });
});

describe('HOLDFAST_BASIC_AUTH_FILE', () => {
  const onlyFile = (file: string) => ({ ...enough, HOLDFAST_BASIC_AUTH: '', HOLDFAST_BASIC_AUTH_FILE: file });

  test('is enough', () => {
    const file = fileWith('# platforms\nplatform:secret\n\nother:p:w,d\n');
    expect(loadConfiguration(onlyFile(file))).toMatchObject({ basicAuth: [], basicAuthFile: file });
  });

  const wrong: readonly (readonly [text: string, reason: string])[] = [
    ['', 'there is no user:password in it'],
    ['platform:secret\nother\n', 'line 2 is no user:password'],
    ['platform:$2y$05$abcdefghijklmnopqrstuv', 'line 1 holds a hash that is no bcrypt: make one with htpasswd -nB'],
    ['platform:{SHA}abcdef=', 'line 1 holds a hash that is no bcrypt: make one with htpasswd -nB'],
    ['platform:$apr1$x$y', 'line 1 holds a hash that is no bcrypt: make one with htpasswd -nB'],
    [`platform:$2y$15$${'a'.repeat(53)}`, 'line 1 holds a hash of cost 15: make one of 4 to 14'],
  ];
  test.each(wrong)('%j is refused', (text, reason) => {
    const file = fileWith(text);
    expect(linesOf(onlyFile(file))).toEqual([
      `HOLDFAST_BASIC_AUTH_FILE holds "${file}", and may hold the path of a file with one user:password a line (${reason})`,
    ]);
  });

  test('must be there', () => {
    expect(linesOf(onlyFile('/nowhere'))[0]).toMatch(/ENOENT/);
  });
});

describe('HOLDFAST_ACCESS_FILE', () => {
  test('is enough', () => {
    const file = fileWith('access: []\n');
    expect(loadConfiguration({ ...enough, HOLDFAST_BASIC_AUTH: '', HOLDFAST_ACCESS_FILE: file })).toMatchObject({
      basicAuth: [],
      accessFile: file,
    });
  });

  test('tells each of its mistakes with its line', () => {
    const file = fileWith('access:\n  - platform: p\n    rights: [king]\n  - rights: [platform]\n');
    expect(linesOf({ ...enough, HOLDFAST_ACCESS_FILE: file })).toEqual([
      `HOLDFAST_ACCESS_FILE: ${file}:3: access[0].rights[0] must be one of platform, operator`,
      `HOLDFAST_ACCESS_FILE: ${file}:4: access[1].platform is missing: it must be a text`,
    ]);
  });
});

describe('TLS', () => {
  test('needs a certificate and its key', () => {
    const file = fileWith('no certificate');
    expect(linesOf({ ...enough, HOLDFAST_TLS_CERTIFICATE_FILE: file })).toEqual([
      'HOLDFAST_TLS_KEY_FILE is not set: it must hold the path of a PEM file',
    ]);
    expect(linesOf({ ...enough, HOLDFAST_TLS_CERTIFICATE_FILE: file, HOLDFAST_TLS_KEY_FILE: file })).toEqual([
      expect.stringMatching(
        /^HOLDFAST_TLS_CERTIFICATE_FILE and HOLDFAST_TLS_KEY_FILE: .* are no certificate and its key/,
      ),
    ]);
    expect(linesOf({ ...enough, HOLDFAST_TLS_CLIENT_CA_FILE: file })).toHaveLength(2);
  });
});
