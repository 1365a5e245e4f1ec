import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadKubeConfig } from '../../../src/kubernetes/kube-config.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const folder = temporaryFolder('kube-config');
const file = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const kubeconfig = (name: string, { current = true } = {}) => `
clusters: [{ name: ${name}, cluster: { server: 'https://${name}:6443' } }]
users: [{ name: ${name}, user: { token: very-secret } }]
contexts: [{ name: ${name}, context: { cluster: ${name}, user: ${name} } }]
${current ? `current-context: ${name}` : ''}
`;

it('reads the file of KUBECONFIG', () => {
  const config = loadKubeConfig({ KUBECONFIG: file('one', kubeconfig('one')) });
  expect(config.getCurrentCluster()?.server).toBe('https://one:6443');
});

it('merges several files; the first current context counts', () => {
  const files = [
    file('a', kubeconfig('a', { current: false })),
    file('b', kubeconfig('b')),
    file('c', kubeconfig('c')),
  ];
  const config = loadKubeConfig({ KUBECONFIG: files.join(':') });
  expect(config.getClusters().map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(config.getCurrentCluster()?.server).toBe('https://b:6443');
});

it('says what to set when nothing is set', () => {
  expect(() => loadKubeConfig({})).toThrow(/^KUBECONFIG is not set .*set KUBECONFIG to/);
  expect(() => loadKubeConfig({ KUBECONFIG: '' })).toThrow(/^KUBECONFIG is not set/);
});

it('says which file is missing', () => {
  expect(() => loadKubeConfig({ KUBECONFIG: '/missing/file' })).toThrow('KUBECONFIG is "/missing/file" (ENOENT)');
});

it.each([
  ['no YAML', 'token: very-secret\n\tx: [', /\(not a kubeconfig\)/],
  ['empty', '', /\(not a kubeconfig\)/],
  ['a kubeconfig without current context', kubeconfig('x', { current: false }), /current context names no cluster/],
])('refuses what is %s, and quotes nothing of it', (name, content, expected) => {
  const load = () => loadKubeConfig({ KUBECONFIG: file(name, content) });
  expect(load).toThrow(expected);
  expect(load).not.toThrow('very-secret');
});

it('needs a token in a pod', () => {
  expect(() => loadKubeConfig({ KUBERNETES_SERVICE_HOST: '10.0.0.1' })).toThrow(/^KUBERNETES_SERVICE_HOST is set, but/);
});
