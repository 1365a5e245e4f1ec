import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TokenReview } from '../../src/authentication/bearer.js';
import { KubernetesCluster } from '../../src/kubernetes/client.js';
import { loadKubeConfig } from '../../src/kubernetes/kube-config.js';
import { instancePath } from '../support/broker-driver.js';
import { type Edge, startEdge } from '../support/edge-only.js';
import { required } from '../support/scratch.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/* Tokens that the real cluster has made, reviewed by it with the broker's own rights. */

const namespace = `tokens-${randomBytes(4).toString('hex')}`;
const accessFile = join(temporaryFolder('tokens'), 'access.yaml');
writeFileSync(
  accessFile,
  `
access:
  - platform: catalog
    rights: [platform]
    serviceAccounts: [{ namespace: ${namespace}, name: controller, audience: holdfast }]
`,
);
const admin = adminApi();
const cluster = new KubernetesCluster(loadKubeConfig(process.env));
const reviews: TokenReview[] = [];
let edge: Edge;

function adminApi(): CoreV1Api {
  const config = new KubeConfig();
  config.loadFromFile(required('TEST_ADMIN_KUBECONFIG'));
  return config.makeApiClient(CoreV1Api);
}

beforeAll(async () => {
  await admin.createNamespace({ body: { metadata: { name: namespace } } });
  for (const name of ['controller', 'other']) await makeAccount(name);
  edge = await startEdge({
    environment: { HOLDFAST_ACCESS_FILE: accessFile },
    reviewToken: async (token, audiences, signal) => {
      const review = await cluster.reviewToken(token, audiences, signal);
      reviews.push(review);
      return review;
    },
  });
});
afterAll(async () => {
  await edge.close();
  await admin.deleteNamespace({ name: namespace });
});

async function makeAccount(name: string): Promise<void> {
  await admin.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
}

async function tokenOf(name: string, audience: string): Promise<string> {
  const body = { spec: { audiences: [audience], expirationSeconds: 600 } };
  const { status } = await admin.createNamespacedServiceAccountToken({ name, namespace, body });
  return String(status?.token);
}

const ask = async (token: string) =>
  (await edge.broker.raw('GET', instancePath('i'), { headers: { authorization: `Bearer ${token}` } })).status;

test('a token of an account that the access file names is its platform; the cluster is not asked each time', async () => {
  const token = await tokenOf('controller', 'holdfast');
  expect([await ask(token), await ask(token), await ask(token)]).toEqual([200, 200, 200]);
  expect(reviews).toEqual([
    { isAuthenticated: true, user: `system:serviceaccount:${namespace}:controller`, audiences: ['holdfast'] },
  ]);
  const credential = `service-account:${namespace}/controller`;
  expect(edge.instances.asked[0]).toMatchObject({ caller: { platform: 'catalog', credential } });
});

describe('a token is refused', () => {
  const forged = async () => {
    const [header, claims, signature = ''] = (await tokenOf('controller', 'holdfast')).split('.');
    return [header, claims, `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`].join('.');
  };
  const changed = async () => {
    const [header, claims = '', signature] = (await tokenOf('other', 'holdfast')).split('.');
    const said = Buffer.from(claims, 'base64url').toString('utf8').replaceAll(':other', ':controller');
    return [header, Buffer.from(said).toString('base64url'), signature].join('.');
  };
  const tokens: readonly (readonly [what: string, make: () => Promise<string>])[] = [
    ['of another account', () => tokenOf('other', 'holdfast')],
    ['for another audience', () => tokenOf('controller', 'https://kubernetes.default.svc.cluster.local')],
    ['with another signature', forged],
    ['whose account was changed', changed],
  ];
  test.each(tokens)('%s', async (_, make) => {
    expect(await ask(await make())).toBe(401);
  });

  test('of an account that is gone', async () => {
    await admin.deleteNamespacedServiceAccount({ name: 'controller', namespace });
    await makeAccount('controller');
    const token = await tokenOf('controller', 'holdfast');
    await admin.deleteNamespacedServiceAccount({ name: 'controller', namespace });
    expect(await ask(token)).toBe(401);
  });
});
