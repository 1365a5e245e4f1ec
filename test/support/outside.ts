import type { LookupFunction } from 'node:net';
import { CoreV1Api, KubeConfig, type V1Node, type V1Service } from '@kubernetes/client-node';
import type { MongoClient } from 'mongodb';
import { admin, kinds, never, nodeKind } from './admin-cluster.js';
import type { AppCredentials } from './apps.js';
import { clusterLookup } from './cluster-dns.js';
import { required } from './scratch.js';
import { shardedCatalog, tinyTemplate } from './sharded-catalog.js';

/** What an app gets of a plan with an exposure. */
export interface OutsideCredentials extends AppCredentials {
  readonly host: string;
  readonly port: number;
  readonly inside_uri: string;
  readonly outside_uri: string;
}

/** No name server knows it. */
export const outsideDomain = 'outside.test';

const common = { free: true, binding_rotatable: true, maximum_polling_duration: 600 };
const small = { cpu: '15m', memory: '1Gi', memoryRequest: '160Mi', storage: '1Gi' };
const outside = { domain: outsideDomain };

/** A catalog file with a plan of each kind of exposure. */
export const outsideCatalog = () =>
  shardedCatalog([
    {
      ...common,
      ...{ name: 'by-node-ports', id: 'by-node-ports', description: 'Three members, each by a node port' },
      template: { members: 3, ...small, exposure: 'node-port', outside },
    },
    {
      ...common,
      ...{ name: 'by-balancer', id: 'by-balancer', description: 'One member, by a load balancer' },
      template: { members: 1, ...small, exposure: 'load-balancer', outside },
    },
    {
      ...common,
      ...{ name: 'routers-by-node-ports', id: 'routers-by-node-ports', description: 'Routers, each by a node port' },
      template: { ...tinyTemplate, exposure: 'node-port', outside },
    },
  ]);

const isOutside = (name: string): boolean => name.endsWith(`.${outsideDomain}`);

/** As an operator's DNS has it, `*.outside.test` leads to a node; no other name leads anywhere. */
export function outsideLookup(node: string): LookupFunction {
  return (name, { all }, answer) => {
    if (!isOutside(name)) answer(new Error(`${name} is not known outside`), '');
    else if (all) answer(null, [{ address: node, family: 4 }]);
    else answer(null, node, 4);
  };
}

/** As an app finds names that may be inside of the cluster or outside. */
export function appLookup(): LookupFunction {
  const inside = clusterLookup();
  return (name, options, answer) => {
    if (!isOutside(name)) return inside(name, options, answer);
    const failed = (error: Error) => answer(error, '');
    nodeAddress().then((node) => outsideLookup(node)(name, options, answer), failed);
  };
}

export async function nodeAddress(): Promise<string> {
  const [node] = await admin.list<V1Node>(nodeKind, {}, never);
  const internal = node?.status?.addresses?.find(({ type }) => type === 'InternalIP');
  if (!internal) throw new Error('the cluster has no node with an address');
  return internal.address;
}

/** What a cloud's controller does when the load balancer of a Service is there. */
export async function giveLoadBalancer(namespace: string, name: string, ip: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(required('TEST_ADMIN_KUBECONFIG'));
  const service = await admin.read<V1Service>(kinds.service, { namespace, name }, never);
  if (!service) throw new Error(`there is no Service ${name}`);
  const body = { ...service, status: { loadBalancer: { ingress: [{ ip }] } } };
  await config.makeApiClient(CoreV1Api).replaceNamespacedServiceStatus({ namespace, name, body });
}

/** The servers that a driver has found by itself. */
export function serversFoundBy(client: MongoClient): () => readonly string[] {
  let found: readonly string[] = [];
  client.on('topologyDescriptionChanged', ({ newDescription }) => {
    found = [...newDescription.servers].filter(([, { type }]) => type !== 'Unknown').map(([address]) => address);
  });
  return () => found.toSorted();
}
