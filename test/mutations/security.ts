import type { Mutation } from './mutation.js';

const passwords = 'src/authentication/platform-credentials.ts';
const configuration = {
  suite: 'unit',
  test: 'test/unit/configuration.test.ts',
  title: 'HOLDFAST_BASIC_AUTH_FILE',
} as const;
const accessFile = { suite: 'unit', test: 'test/unit/authentication/access-file.test.ts' } as const;
const provider = 'src/authentication/openid-provider.ts';
const access = 'src/authentication/access.ts';
const openId = { suite: 'services', test: 'test/conformance/openid.test.ts', title: 'a token is refused' } as const;
const bearer = 'src/authentication/bearer.ts';
const serviceAccounts = { suite: 'unit', test: 'test/unit/authentication/bearer.test.ts' } as const;
const listener = 'src/listener.ts';
const slow = { suite: 'services', test: 'test/conformance/slow-clients.test.ts' } as const;
const tls = { suite: 'services', test: 'test/conformance/tls.test.ts' } as const;
const operators = { suite: 'services', test: 'test/conformance/operators.test.ts' } as const;

/** What keeps those out who may not come in, as docs/security.md lists it: where a library defends besides, each part by itself. */
export const securityMutations: readonly Mutation[] = [
  {
    name: 'the log tells who asked by the header that they asked with',
    file: 'src/observability/request-log.ts',
    from: '        method,\n        route,\n',
    to: "        method,\n        route,\n        who: request.get('authorization'),\n",
    suite: 'services',
    test: 'test/conformance/authentication.test.ts',
    title: 'passwords no answer and no log line holds a password',
  },
  {
    name: 'hashes of other kinds count as plain passwords',
    file: passwords,
    from: 'if (hashed.test(credential.password)) checkHash',
    to: 'if (costOf(credential.password) !== undefined) checkHash',
    ...configuration,
  },
  {
    name: 'a hash may cost whatever it likes',
    file: passwords,
    from: 'if (cost < leastCost || cost > mostCost)',
    to: 'if (cost < 0)',
    ...configuration,
  },
  {
    name: 'a credential may be two platforms',
    file: 'src/authentication/access-file.ts',
    from: 'if (repeated.length > 0) throw',
    to: 'if (repeated.length > 99) throw',
    ...accessFile,
  },
  {
    name: 'every token of an issuer may do',
    file: 'src/authentication/access-file.ts',
    from: 'scope !== undefined || Object.keys(claims ?? {}).length > 0',
    to: 'scope !== undefined || claims !== null',
    ...accessFile,
  },
  {
    name: 'keys of a provider may come over plain HTTP',
    file: 'src/authentication/access-file.ts',
    from: "protocol === 'https:' || (protocol === 'http:' && loopback.has(hostname))",
    to: "protocol === 'https:' || (protocol === 'http:' && hostname !== '')",
    ...accessFile,
  },
  {
    name: 'a token may be for any audience',
    file: access,
    from: 'ofIssuer.filter(({ rule }) => listOf(claims.aud).includes(rule.audience))',
    to: 'ofIssuer.filter(({ rule }) => rule.audience !== undefined)',
    suite: 'unit',
    test: 'test/unit/authentication/access.test.ts',
  },
  {
    name: 'a token needs no scope',
    file: access,
    from: 'scope.every((name) => given.includes(name))',
    to: 'scope.every((name) => given.includes(name) || true)',
    ...openId,
  },
  {
    name: 'a token needs no claims',
    file: access,
    from: 'Object.hasOwn(claims, name) && listOf(claims[name]).includes(value)',
    to: 'Object.hasOwn(claims, name) || value !== undefined',
    suite: 'unit',
    test: 'test/unit/authentication/access.test.ts',
  },
  {
    name: 'a token may never expire',
    file: provider,
    from: "requiredClaims: ['exp', 'sub']",
    to: "requiredClaims: ['sub']",
    ...openId,
  },
  {
    name: 'a token that has expired an hour ago will do',
    file: provider,
    from: 'const clockToleranceSeconds = 5;',
    to: 'const clockToleranceSeconds = 36_000;',
    ...openId,
  },
  {
    name: 'the signature of a token is not checked',
    file: provider,
    from: 'const { payload } = await jwtVerify(token, this.#keys, {',
    to: "const { decodeJwt } = await import('jose');\n    if (decodeJwt(token).aud) return decodeJwt(token);\n    const { payload } = await jwtVerify(token, this.#keys, {",
    ...openId,
  },
  {
    name: 'the cluster need not know a token',
    file: bearer,
    from: 'if (!isAuthenticated || !account)',
    to: 'if (!account)',
    ...serviceAccounts,
  },
  {
    name: 'what a token says of its account counts',
    file: bearer,
    from: 'if (account.namespace !== claimed.namespace || account.name !== claimed.name) {',
    to: 'if (account.namespace === undefined) {',
    ...serviceAccounts,
  },
  {
    name: "a service account's token may be for any audience",
    file: access,
    from: 'rules.find(({ audience }) => audiences.includes(audience))',
    to: 'rules.find(({ audience }) => audience !== undefined || audiences)',
    ...serviceAccounts,
  },
  {
    name: 'the cluster is asked about tokens of accounts that nobody named',
    file: bearer,
    from: 'if (!account || audiences.length === 0) {',
    to: 'if (!account) {',
    ...serviceAccounts,
  },
  {
    name: 'the cluster is asked about a token each time',
    file: bearer,
    from: '      this.#reviewed.set(review, token, ...audiences);\n',
    to: '',
    ...serviceAccounts,
  },
  {
    name: 'old versions of TLS are spoken',
    file: 'src/tls.ts',
    from: "minVersion: 'TLSv1.2'",
    to: "minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0'",
    ...tls,
  },
  {
    name: 'certificates are not read again',
    file: 'src/tls.ts',
    from: 'server.setSecureContext(contextOptions(texts))',
    to: 'void contextOptions(texts)',
    ...tls,
  },
  {
    name: 'headers may take for ever',
    file: listener,
    from: 'headersTimeout: Math.min(headersSeconds, requestSeconds) * 1_000',
    to: 'headersTimeout: requestSeconds * 1_000',
    ...slow,
  },
  {
    name: 'a request may take for ever',
    file: listener,
    from: 'requestTimeout: requestSeconds * 1_000',
    to: 'requestTimeout: requestSeconds * 1_000_000',
    ...slow,
  },
  {
    name: 'connections may be idle for ever',
    file: listener,
    from: 'keepAliveTimeout: keepAliveSeconds * 1_000',
    to: 'keepAliveTimeout: 0 * keepAliveSeconds',
    ...slow,
  },
  {
    name: 'there is no end of connections',
    file: listener,
    from: 'server.maxConnections = maximumConnections',
    to: 'server.maxConnections = maximumConnections * 99',
    ...slow,
  },
  {
    name: 'headers may be of any size',
    file: listener,
    from: 'const maximumHeaderBytes = 16 * 1024;',
    to: 'const maximumHeaderBytes = 16 * 1024 * 1024;',
    ...slow,
  },
  {
    name: 'a body may be of any size',
    file: 'src/osb/middleware/json-body.ts',
    from: 'const limitBytes = 1024 * 1024;',
    to: 'const limitBytes = 1024 * 1024 * 1024;',
    suite: 'services',
    test: 'test/conformance/transport.test.ts',
    title: 'OSB › Content Type',
  },
  {
    name: 'operators are told what is encrypted of an instance',
    file: 'src/operators/views.ts',
    from: '    plan: instance.plan.name,\n',
    to: "    plan: instance.plan.name,\n    parameters: (instance as { parameters?: unknown }).parameters ?? 'none',\n",
    ...operators,
  },
  {
    name: 'what operators ask is passed on as it is',
    file: 'src/operators/queries.ts',
    from: "const text = z.string('must be given once').min(1, 'must not be empty').optional();",
    to: 'const text = z.any();',
    ...operators,
    title: 'what is asked wrongly',
  },
  {
    name: 'a dependency is whichever version is there',
    file: 'package.json',
    from: '"bullmq": "6.7.0"',
    to: '"bullmq": "^6.7.0"',
    suite: 'unit',
    test: 'test/unit/dependencies.test.ts',
  },
];
