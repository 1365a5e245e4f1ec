import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { routerImage } from './router-image.js';
import { required } from './scratch.js';

/** An image with `mongod` and a real `mongos`, where there is one: `npm run test:e2e -- --mongo-image IMAGE`. */
const image = process.env.TEST_MONGO_IMAGE ?? routerImage;
/** Whether the routers are stand-ins, with what that means for what is proven. */
export const hasStandIns = image === routerImage;

const tag = image.replace(/@.*$/, '').split(':').at(-1) ?? '';
const version = /^\d+\.\d+/.exec(tag)?.[0] ?? '8.0';
/** Whether databases can move only while apps do not write. */
export const needsWritePause = Number.parseInt(version, 10) < 8;

const small = { cpu: '10m', memory: '1Gi', memoryRequest: '130Mi', storage: '1Gi' };
const configServer = { ...small, memory: '512Mi' };
const router = { cpu: '10m', memory: '512Mi', memoryRequest: '32Mi' };

const common = { free: true, binding_rotatable: true, maximum_polling_duration: 3600 };
const topology = 'sharded-cluster';
/** Of the smallest that there can be. */
export const tinyTemplate = {
  ...{ topology, version, shards: 1, members: 1, ...small },
  configServers: { ...configServer, members: 1 },
  routers: { ...router, count: 1 },
};
/** That of catalog/default.yaml, small enough for this machine, and the smallest that there can be. */
const plans = [
  {
    ...common,
    name: 'sharded-small',
    id: 'sharded-small',
    description: 'Two shards of three members, three config servers, two routers',
    template: {
      ...{ topology, version, shards: 2, members: 3, ...small },
      configServers: { ...configServer, members: 3 },
      routers: { ...router, count: 2 },
    },
  },
  {
    ...common,
    name: 'sharded-tiny',
    id: 'sharded-tiny',
    description: 'One of each',
    template: tinyTemplate,
  },
];

/** A catalog file that offers sharded clusters, and others, besides what the suite's own does. */
export function shardedCatalog(others: readonly object[] = []): { readonly file: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-sharded-'));
  const file = join(folder, 'catalog.yaml');
  const offering = { name: 'mongodb', defaults: { versions: { [version]: image } }, plans: [...plans, ...others] };
  writeFileSync(file, stringify({ extends: required('HOLDFAST_CATALOG'), offerings: [offering] }));
  return { file, remove: () => rmSync(folder, { recursive: true }) };
}
