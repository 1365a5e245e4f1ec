import {
  KubeConfig,
  type KubernetesObject,
  type V1APIGroupList,
  type V1APIResourceList,
} from '@kubernetes/client-node';
import type { Kind } from '../../src/kubernetes/cluster.js';
import { Credentials } from '../../src/kubernetes/credentials.js';
import { Transport } from '../../src/kubernetes/transport.js';
import { withoutInternalIds } from '../../src/store/identifier.js';
import { inNamespace, never, volumesOf } from '../support/admin-cluster.js';
import { required } from '../support/scratch.js';

/** What tells of things, and is none. */
const told = ['Event'];
/** Their names do not tell how often they were made: a hash, or a random end. */
const named = ['Pod', 'PersistentVolumeClaim'];

const askMilliseconds = 10_000;
const connections = 4;

let known: Promise<readonly Kind[]> | undefined;

/**
 * Everything that is in a namespace, and its volumes: each object as `ConfigMap rs0`, internal ids left out, so that
 * the lists of two instances are the same where they have the same.
 */
export async function inventoryOf(namespace: string): Promise<readonly string[]> {
  known ??= namespacedKinds();
  const objects = await Promise.all(
    (await known).map(async (kind) => (await inNamespace(kind, namespace)).map((object) => nameOf(kind, object))),
  );
  const volumes = await volumesOf(namespace);
  return [...objects.flat(), ...volumes.map(() => 'PersistentVolume')].sort();
}

function nameOf({ kind }: Kind, { metadata }: KubernetesObject): string {
  const name = withoutInternalIds(metadata?.name ?? '');
  const isGenerated = (metadata?.ownerReferences ?? []).length > 0 && !named.includes(kind);
  return `${kind} ${isGenerated ? name.replace(/-[a-z0-9]+$/, '-…') : name}`;
}

async function namespacedKinds(): Promise<readonly Kind[]> {
  const config = new KubeConfig();
  config.loadFromFile(required('TEST_ADMIN_KUBECONFIG'));
  const api = new Transport(new Credentials(config, connections), askMilliseconds);
  const ask = <Body>(path: string) => api.json<Body>({ title: path, method: 'GET', path }, never);
  const { groups } = await ask<V1APIGroupList>('/apis');
  const versions = groups.flatMap(({ preferredVersion, versions: [first] }) => preferredVersion ?? first ?? []);
  const paths = ['/api/v1', ...versions.map(({ groupVersion }) => `/apis/${groupVersion}`)];
  const lists = await Promise.all(paths.map((path) => ask<V1APIResourceList>(path)));
  return lists.flatMap(({ groupVersion, resources }) =>
    resources
      .filter(({ name, namespaced, verbs }) => namespaced && !name.includes('/') && verbs.includes('list'))
      .filter(({ kind }) => !told.includes(kind))
      .map(({ kind }) => ({ apiVersion: groupVersion, kind })),
  );
}
