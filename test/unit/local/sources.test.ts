import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cached } from '../../../local/cache.js';
import { foldersOf } from '../../../local/folders.js';
import { parseGoVersion } from '../../../local/go.js';
import { hashOfFolder } from '../../../local/hash.js';
import { kubernetesVersion } from '../../../local/kubernetes-binary.js';
import { missing } from '../../../local/packages.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the hash of sources', () => {
  const isGo = (path: string) => path.endsWith('.go');
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };

  it('does not depend on the order of writing, nor on files that are no sources', () => {
    write('b/b.go', '2');
    write('a.go', '1');
    const before = hashOfFolder(folder, isGo);
    rmSync(join(folder, 'b'), { recursive: true });
    write('b/b.go', '2');
    write('README.md', 'text');
    expect(hashOfFolder(folder, isGo)).toBe(before);
  });

  it.each([
    ['a content', 'a.go', '2'],
    ['a new file', 'c.go', ''],
  ])('changes with %s', (_, path, text) => {
    write('a.go', '1');
    const before = hashOfFolder(folder, isGo);
    write(path, text);
    expect(hashOfFolder(folder, isGo)).not.toBe(before);
  });
});

describe('the cache', () => {
  it('makes a thing once, also for two who ask at the same time', async () => {
    let times = 0;
    const make = async (temporary: string) => {
      times += 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
      writeFileSync(temporary, 'whole');
    };
    const path = join(folder, 'thing');
    await Promise.all([cached(path, make), cached(path, make)]);
    expect(await cached(path, make)).toBe(false);
    expect(times).toBe(1);
  });

  it('leaves nothing that looks finished when making fails, and clears what a killed run left', async () => {
    const path = join(folder, 'thing');
    mkdirSync(`${path}.making-1`);
    await expect(cached(path, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await cached(path, async (temporary) => {
      mkdirSync(temporary);
    });
    expect(missing([{ file: path, package: 'a' }])).toEqual([]);
    expect(missing([{ file: `${path}.making-1`, package: 'a' }])).toHaveLength(1);
  });
});

it.each([
  ['go version go1.26.8 linux/amd64', [1, 26]],
  ['go version devel go1.27-abc linux/amd64', [1, 27]],
  ['nonsense', undefined],
])('reads the version in %j', (text, version) => {
  expect(parseGoVersion(text)).toEqual(version);
});

it('reads the version of Kubernetes from go.mod, not from its replacements', () => {
  const goMod = 'require (\n\tk8s.io/kubectl v0.34.4\n\tk8s.io/kubernetes v1.34.4\n)\n';
  expect(kubernetesVersion(goMod)).toBe('v1.34.4');
  expect(() => kubernetesVersion('module x')).toThrow('names no version');
});

it.each([
  [{ HOME: '/h' }, '/h/.cache/holdfast', '/h/.local/state/holdfast'],
  [{ HOME: '/h', XDG_CACHE_HOME: '/c', XDG_STATE_HOME: '/s' }, '/c/holdfast', '/s/holdfast'],
  [{ HOME: '/h', XDG_CACHE_HOME: '/c', HOLDFAST_CACHE: '/d', HOLDFAST_STATE: '/e' }, '/d/holdfast', '/e/holdfast'],
])('keeps things in the folders of %j', (environment, cache, state) => {
  expect(foldersOf(environment)).toMatchObject({ cache, state });
});
