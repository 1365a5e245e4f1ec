import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { compiledPreload } from '../support/compiled.js';

it('a broker of the benchmarks finds names as a pod does with nothing but the address of the name server', () => {
  const preload = pathToFileURL(compiledPreload('as-a-pod')).href;
  const { status, stderr } = spawnSync(process.execPath, ['--import', preload, '--eval', ''], {
    env: { TEST_CLUSTER_DNS: '127.0.0.1' },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
