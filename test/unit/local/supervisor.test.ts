import { describe, expect, it } from 'vitest';
import { parseMarker, parseStat } from '../../../local/processes.js';
import { demandSole } from '../../../local/sole.js';
import { type Daemon, decide, fingerprintOf, isShim } from '../../../local/supervisor.js';

const started = { pid: 7, startTime: '100', boot: 'b', fingerprint: 'same' };

describe('what is done with a daemon', () => {
  it.each([
    ['is started when nothing is known of it', undefined, false, 'same', 'start'],
    ['is started when its record is stale', started, false, 'same', 'start'],
    ['is reused when it runs from the same program and configuration', started, true, 'same', 'reuse'],
    ['is replaced when it runs from others', started, true, 'other', 'replace'],
  ] as const)('%s', (_, record, runs, fingerprint, decision) => {
    expect(decide(record, runs, fingerprint)).toBe(decision);
  });
});

describe('the fingerprint of a daemon', () => {
  const daemon: Daemon = {
    name: 'etcd',
    program: '/cache/1/kube',
    args: ['etcd'],
    configuration: { a: 1 },
    ports: [],
    isReady: async () => true,
  };

  it.each([
    ['program', { program: '/cache/2/kube' }],
    ['arguments', { args: ['etcd', '--x'] }],
    ['configuration', { configuration: { a: 2 } }],
    ['variables', { environment: { A: 'b' } }],
  ])('changes with its %s', (_, change) => {
    expect(fingerprintOf({ ...daemon, ...change })).not.toBe(fingerprintOf(daemon));
  });

  it('stays when only how it is waited for changes', () => {
    expect(fingerprintOf({ ...daemon, isReady: async () => false })).toBe(fingerprintOf(daemon));
  });
});

describe('/proc', () => {
  const rest = 'S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20';

  it.each([
    ['a plain name', `12 (kube) ${rest}`, { name: 'kube', state: 'S', startTime: '4711' }],
    ['spaces and parentheses in the name', `12 (a) b (c) ${rest}`, { name: 'a) b (c', state: 'S', startTime: '4711' }],
    ['nothing', '', undefined],
    ['a broken line', '12 (kube', undefined],
  ])('is read with %s', (_, text, expected) => {
    expect(parseStat(text)).toEqual(expected);
  });

  it.each([
    ['A=b\0HOLDFAST_LOCAL_PROCESS=/state#etcd\0C=d', '/state#etcd'],
    ['HOLDFAST_LOCAL_PROCESS=/a=b', '/a=b'],
    ['A=HOLDFAST_LOCAL_PROCESS=x', undefined],
    ['', undefined],
  ])('finds our marker in %j', (environ, mark) => {
    expect(parseMarker(environ)).toBe(mark);
  });
});

describe('a shim', () => {
  it.each([
    [['/usr/bin/containerd-shim-runc-v2', '-id', 'x'], true],
    [['/usr/bin/containerd'], false],
    [[], false],
  ])('%j: %s', (argv, expected) => {
    expect(isShim(argv)).toBe(expected);
  });
});

describe('a second local environment on one machine', () => {
  const folders = { repository: '/r', cache: '/c', state: '/a/holdfast', run: '/run/holdfast' };

  it('is refused, and told how to stop the first', () => {
    const other = [{ pid: 7, mark: '/b/holdfast#etcd' }];
    expect(() => demandSole(folders, other)).toThrow("HOLDFAST_STATE='/b' npm run local:down");
  });

  it('is not seen in its own processes', () => {
    expect(() => demandSole(folders, [{ pid: 7, mark: '/a/holdfast#etcd' }])).not.toThrow();
  });
});
