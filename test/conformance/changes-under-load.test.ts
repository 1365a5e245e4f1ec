import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Edge, startEdge } from '../support/edge-only.js';
import { OpenIdServer } from '../support/openid-provider.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/* Credentials are changed as operators do it, the old ones and the new ones valid together for a while, under a load. */

const folder = temporaryFolder('changes');
const clients = 4;

/** Clients that ask one request after the other, each with what is valid when it begins. */
function load(edge: Edge, authorization: () => Promise<string> | string) {
  const ending = new AbortController();
  const failed: number[] = [];
  let asked = 0;
  const client = async () => {
    while (!ending.signal.aborted) {
      const { status } = await edge.broker.raw('GET', '/v2/catalog', {
        headers: { authorization: await authorization() },
      });
      asked += 1;
      if (status !== 200) failed.push(status);
    }
  };
  const running = Promise.all(Array.from({ length: clients }, client));
  return {
    async someMore() {
      const goal = asked + 40;
      await expect.poll(() => asked, { timeout: 30_000 }).toBeGreaterThan(goal);
    },
    async end(what: string) {
      ending.abort();
      await running;
      process.stdout.write(`${what}: ${asked} requests, ${failed.length} failed\n`);
      return failed;
    },
  };
}

test('passwords are changed under load, and no request fails', async () => {
  const file = join(folder, 'passwords');
  const write = (text: string) => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const basic = (password: string) => `Basic ${Buffer.from(`cf:${password}`).toString('base64')}`;
  const ask = async (password: string) =>
    (await edge.broker.raw('GET', '/v2/catalog', { headers: { authorization: basic(password) } })).status;
  write('cf:old\n');
  const edge = await startEdge({ environment: { HOLDFAST_BASIC_AUTH: '', HOLDFAST_BASIC_AUTH_FILE: file } });
  let password = 'old';
  const running = load(edge, () => basic(password));
  await running.someMore();
  write('cf:old\ncf:new\n');
  await expect.poll(() => ask('new'), { timeout: 10_000, interval: 500 }).toBe(200);
  password = 'new';
  await running.someMore();
  write('cf:new\n');
  await expect.poll(() => ask('old'), { timeout: 10_000, interval: 500 }).toBe(401);
  await running.someMore();
  expect(await running.end('passwords changed')).toEqual([]);
  await edge.close();
});

test("an OpenID provider's keys are rotated under load, and no request fails", async () => {
  const provider = await OpenIdServer.start();
  const file = join(folder, 'access.yaml');
  const rule = `{ issuer: "${provider.issuer}", audience: holdfast, scope: [broker] }`;
  writeFileSync(file, `access:\n  - { platform: cf, rights: [platform], oidc: [${rule}] }\n`);
  const edge = await startEdge({ environment: { HOLDFAST_BASIC_AUTH_FILE: '', HOLDFAST_ACCESS_FILE: file } });
  const first = provider.key;
  const running = load(edge, async () => `Bearer ${await provider.token()}`);
  for (let rotation = 0; rotation < 3; rotation++) {
    await running.someMore();
    await provider.rotate({ keep: true });
  }
  await running.someMore();
  expect(provider.key.id).not.toBe(first.id);
  expect(await running.end("provider's keys rotated three times")).toEqual([]);
  await edge.close();
  await provider.away();
});
