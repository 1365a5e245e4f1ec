import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { identities } from '../../../local/cluster/certificates.js';
import { isNodeReady } from '../../../local/cluster/cluster.js';
import { cniConfiguration, configurationFiles } from '../../../local/cluster/configuration.js';
import { kubeconfig } from '../../../local/cluster/kubeconfigs.js';
import { clusterPaths, layout } from '../../../local/cluster/layout.js';
import { withDefaults } from '../../../local/defaults.js';
import { packagesFor } from '../../../local/environment.js';
import { parseImages } from '../../../local/images/import.js';
import { ports } from '../../../local/ports.js';
import { redisConfiguration } from '../../../local/redis.js';
import { complete } from '../../../local/secrets.js';
import { welcome } from '../../../local/welcome.js';

const folders = { repository: '/repository', cache: '/cache', state: '/state', run: '/run/holdfast' };
const paths = clusterPaths(folders);

describe('the configuration of the cluster', () => {
  const files = configurationFiles(paths);

  it('lets the kubelet answer nobody unknown, and keep images that nobody can pull again', () => {
    expect(parse(files['kubelet.yaml'] ?? '')).toMatchObject({
      authentication: { anonymous: { enabled: false }, webhook: { enabled: true } },
      authorization: { mode: 'Webhook' },
      imageGCHighThresholdPercent: 100,
      containerRuntimeEndpoint: 'unix:///run/holdfast/containerd.sock',
    });
  });

  it('has the API server write down what the broker asks for, and nothing that it sends', () => {
    const { rules, omitStages } = parse(files['audit.yaml'] ?? '');
    expect(rules).toContainEqual({ level: 'Metadata', users: ['holdfast'] });
    expect(rules.at(-1)).toEqual({ level: 'None' });
    expect(omitStages).toEqual(['RequestReceived']);
  });

  it('has addresses for as many pods as the node takes', () => {
    const [subnet] = JSON.parse(cniConfiguration(paths)).plugins[0].ipam.ranges[0];
    const addresses = 2 ** (32 - Number(subnet.subnet.split('/')[1])) - 3;
    expect(addresses).toBeGreaterThan(parse(files['kubelet.yaml'] ?? '').maxPods);
  });

  it('has every pod wait, last of all, until its network policies are enforced', () => {
    const { plugins } = JSON.parse(cniConfiguration(paths));
    expect(plugins.map(({ type }: { type: string }) => type)).toEqual(['ptp', 'policy-plugin']);
    expect(plugins.at(-1)).toHaveProperty('socket', '/run/holdfast/network-policies.sock');
    expect(files['containerd.toml']).toContain('bin_dir = "/state/cni-programs"');
  });

  it('keeps everything below the state and the run folder', () => {
    const outside = Object.values(files)
      .flatMap((text) => text.match(/(?<=["' ]|:\/\/)\/[a-z][^\s"']*/g) ?? [])
      .filter((path) => !/^\/(state|run\/holdfast|holdfast$|usr\/lib\/cni)/.test(path));
    expect(outside).toEqual([]);
  });
});

it('gives no port out twice, and none that the kernel or Services give out', () => {
  const numbers = Object.values(ports);
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const port of numbers) expect(port).toBeLessThan(30_000);
});

it('makes a kubeconfig that trusts the authority only', () => {
  const text = kubeconfig('u', { authority: 'A', certificate: 'C', key: 'K' });
  expect(parse(text).clusters[0].cluster).toEqual({
    server: layout.apiServer,
    'certificate-authority-data': Buffer.from('A').toString('base64'),
  });
  expect(text).not.toContain('insecure');
});

describe('the rights of the broker', () => {
  const documents = parseAllDocuments(
    readFileSync(new URL('../../../deploy/helm/holdfast/files/rbac.yaml', import.meta.url), 'utf8'),
  ).map((document) => document.toJS());
  const rulesOf = (name: string): { resources: string[]; verbs: string[]; resourceNames?: string[] }[] =>
    documents.find((role) => role.metadata.name === name).rules;

  it('hold no Secret outside of the namespaces that it made', () => {
    expect(rulesOf('holdfast-broker').flatMap(({ resources }) => resources)).not.toContain('secrets');
    expect(rulesOf('holdfast-instance').flatMap(({ resources }) => resources)).toContain('secrets');
  });

  it('let it hand out one role only', () => {
    const binds = rulesOf('holdfast-broker').filter(({ verbs }) => verbs.includes('bind'));
    expect(binds.map(({ resourceNames }) => resourceNames)).toEqual([['holdfast-instance']]);
  });

  it('name everything, and hold no wildcard', () => {
    expect(JSON.stringify(documents)).not.toContain('*');
  });

  it('are given to its user in the local cluster through no group', () => {
    expect(identities.find(({ file }) => file === 'broker')).toEqual({ file: 'broker', user: 'holdfast' });
  });
});

it('makes only the secrets that are missing', () => {
  const first = complete({ redisPassword: 'kept', storePassword: 7 });
  expect(first).toMatchObject({ redisPassword: 'kept' });
  expect(Buffer.from(first.encryptionKey, 'base64')).toHaveLength(32);
  expect(first.storeKeyFile).toMatch(/^[A-Za-z0-9]{64}$/);
  expect(complete(first)).toEqual(first);
});

it('tells Redis to refuse rather than to forget', () => {
  const lines = redisConfiguration(folders, 'p').split('\n');
  expect(lines).toEqual(expect.arrayContaining(['maxmemory-policy noeviction', 'appendonly yes', 'bind 127.0.0.1']));
});

it('reads the images that containerd has', () => {
  const listing =
    'REF TYPE DIGEST SIZE PLATFORMS LABELS\nlocalhost/a:1 application/x sha256:1 1.4 MiB linux/amd64 -\n\n';
  expect(parseImages(listing)).toEqual(new Map([['localhost/a:1', 'sha256:1']]));
});

it.each([
  [undefined, false],
  ['{}', false],
  ['{"status":{"conditions":[{"type":"Ready","status":"False"}]}}', false],
  ['{"status":{"conditions":[{"type":"Ready","status":"True"}]}}', true],
])('sees in %s whether the node is ready', (text, ready) => {
  expect(isNodeReady(text)).toBe(ready);
});

describe('what is not given', () => {
  const local = {
    kubeconfig: 'k',
    adminKubeconfig: 'a',
    storeUrl: 's',
    redisUrl: 'r',
    encryptionKeys: 'e',
    basicAuth: 'u:p',
    clusterDns: 'd',
    catalog: 'c',
  };

  it('is filled in, and what is given stays', () => {
    expect(withDefaults({ HOLDFAST_CATALOG: 'mine', HOLDFAST_STORE_URL: '' }, local)).toEqual({
      KUBECONFIG: 'k',
      HOLDFAST_STORE_URL: 's',
      HOLDFAST_REDIS_URL: 'r',
      HOLDFAST_DRAIN_SECONDS: '0',
      HOLDFAST_ENCRYPTION_KEYS: 'e',
      HOLDFAST_BASIC_AUTH: 'u:p',
      HOLDFAST_CATALOG: 'mine',
    });
  });

  it('leaves the password out where a file of them is given', () => {
    expect(withDefaults({ HOLDFAST_BASIC_AUTH_FILE: 'f' }, local)).not.toHaveProperty('HOLDFAST_BASIC_AUTH');
  });

  it.each([
    [{}, true, ['containerd', 'redis-server'], ['debootstrap']],
    [{}, false, ['containerd', 'redis-server', 'debootstrap'], []],
    [{ KUBECONFIG: 'k' }, false, ['redis-server', 'debootstrap'], ['containerd']],
    [{ KUBECONFIG: 'k', HOLDFAST_STORE_URL: 's' }, false, ['redis-server'], ['containerd', 'debootstrap']],
    [{ HOLDFAST_REDIS_URL: 'r' }, true, ['containerd'], ['redis-server']],
  ])('decides which packages are needed: %j, root file system there: %s', (environment, hasRoot, some, none) => {
    const names = packagesFor(environment, hasRoot).map((each) => each.package);
    expect(names).toEqual(expect.arrayContaining(some));
    for (const name of none) expect(names).not.toContain(name);
  });
});

it('welcomes with lines to paste', () => {
  const text = welcome('http://127.0.0.1:3000', 'platform:a:b,other:c', { adminKubeconfig: undefined });
  expect(text).toContain("-u 'platform:a:b'");
  expect(text).toContain('user platform, password a:b');
  expect(text).toContain('/v2/service_instances/my-database?accepts_incomplete=true');
});
