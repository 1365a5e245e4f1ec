import { describe, expect, test } from 'vitest';
import { isSafeUrl, readAccessFile } from '../../../src/authentication/access-file.js';
import { FileError } from '../../../src/yaml/file-error.js';

function linesOf(text: string): readonly string[] {
  try {
    readAccessFile(text, 'access.yaml');
    return [];
  } catch (error) {
    if (error instanceof FileError) return error.lines;
    throw error;
  }
}

const oidc = (fields: string) => `access:
  - platform: p
    rights: [platform]
    oidc:
      - { ${fields} }
`;

test('every kind of credential', () => {
  const text = `
access:
  - platform: cf
    rights: [platform]
    basic: [cf-old, cf-new]
    oidc:
      - { issuer: https://id.example.com, audience: holdfast, scope: [broker], claims: { client_id: cf } }
  - platform: operations
    rights: [platform, operator]
    serviceAccounts:
      - { namespace: tools, name: console, audience: holdfast }
    certificates:
      - { commonName: console }
`;
  expect(readAccessFile(text, 'access.yaml')).toMatchObject([
    { platform: 'cf', basic: ['cf-old', 'cf-new'], oidc: [{ audience: 'holdfast' }] },
    { platform: 'operations', rights: ['platform', 'operator'], certificates: [{ commonName: 'console' }] },
  ]);
});

describe('what is wrong is told with its line', () => {
  const cases: readonly (readonly [text: string, line: RegExp])[] = [
    ['access: {', /^access\.yaml:1: is no YAML/],
    ['', /^access\.yaml:1: the file must be a map$/],
    ['access:\n  - rights: [platform]\n', /^access\.yaml:2: access\[0\]\.platform is missing/],
    [
      'access:\n  - platform: p\n    rights: [king]\n',
      /^access\.yaml:3: access\[0\]\.rights\[0\] must be one of platform, operator$/,
    ],
    ['access:\n  - platform: p\n    rights: []\n', /^access\.yaml:3: access\[0\]\.rights must have at least one/],
    [
      'access:\n  - platform: p\n    rights: [platform]\n    user: x\n',
      /^access\.yaml:4: access\[0\]\.user is not a known field$/,
    ],
    [
      oidc('issuer: https://id, audience: a'),
      /^access\.yaml:5: access\[0\]\.oidc\[0\] must ask for a scope or for claims/,
    ],
    [oidc('issuer: https://id, audience: a, claims: {}'), /must ask for a scope or for claims/],
    [
      oidc('issuer: https://id, audience: a, scope: []'),
      /^access\.yaml:5: access\[0\]\.oidc\[0\]\.scope must have at least one/,
    ],
    [oidc('issuer: https://id, scope: [s]'), /^access\.yaml:5: access\[0\]\.oidc\[0\]\.audience is missing/],
    [oidc('issuer: http://id.example.com, audience: a, scope: [s]'), /issuer must be an https URL$/],
    [
      'access:\n  - { platform: p, rights: [platform], basic: [u] }\n  - { platform: q, rights: [operator], basic: [u] }\n',
      /^access\.yaml:3: access\[1\]\.basic\[0\] is access\[0\]\.basic\[0\] again$/,
    ],
    [
      'access:\n  - { platform: p, rights: [platform], certificates: [{ commonName: u }, { commonName: u }] }\n',
      /^access\.yaml:2: access\[0\]\.certificates\[1\] is access\[0\]\.certificates\[0\] again$/,
    ],
  ];
  test.each(cases)('%j', (text, line) => {
    expect(linesOf(text)).toEqual([expect.stringMatching(line)]);
  });
});

test.each([
  ['https://id.example.com', true],
  ['http://127.0.0.1:3000', true],
  ['http://localhost/x', true],
  ['http://[::1]:1', true],
  ['http://id.example.com', false],
  ['http://localhost.example.com', false],
  ['ftp://localhost', false],
  ['id.example.com', false],
])('keys over %s: %s', (url, expected) => {
  expect(isSafeUrl(url)).toBe(expected);
});
