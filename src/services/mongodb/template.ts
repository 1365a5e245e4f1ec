import { z } from 'zod';

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const cpus = z.string().regex(/^\d+(\.\d+|m)?$/, 'is no Kubernetes quantity of CPU');
const bytes = z.string().regex(/^\d+(\.\d+)?(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/, 'is no Kubernetes quantity of bytes');
/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const labelValue = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const imageReference = z.string().min(1);
const members = z.literal([1, 3, 5, 7]);

const images = {
  version: z.string().regex(labelValue, 'cannot be the value of a label').describe('a key of `versions`'),
  versions: z.record(z.string(), imageReference).describe('the image of each MongoDB version on offer'),
  readinessImage: imageReference.describe('images/mongodb-readiness'),
};

const compute = {
  cpu: cpus.describe('CPU request; it has no limit, because throttled heartbeats cause elections'),
  memory: bytes.describe('memory limit'),
  memoryRequest: bytes.optional().describe('memory request; the limit, where it is not given'),
};

const storage = bytes.describe('size of the volume of a member');

const storageClass = z.string().optional().describe("the cluster's default StorageClass, where it is not given");

const replicaSetTemplate = z.strictObject({
  topology: z.literal('replica-set'),
  members,
  ...images,
  ...compute,
  storage,
  storageClass,
});

const shardedClusterTemplate = z.strictObject({
  topology: z.literal('sharded-cluster'),
  shards: z.int().min(1).describe('how many shards an instance has at first, and at least'),
  members: members.describe('of each shard, at first and at least'),
  ...images,
  ...compute,
  storage,
  storageClass,
  configServers: z.strictObject({ members, ...compute, storage }),
  routers: z.strictObject({ count: z.int().min(1).describe('at first, and at least'), ...compute }),
  most: z
    .strictObject({ shards: z.int(), members, routers: z.int() })
    .default({ shards: 12, members: 7, routers: 12 })
    .describe('what users may ask for'),
});

/** What a plan of the catalog file says of an instance, its image looked up. */
export const templateSchema = z
  .discriminatedUnion('topology', [replicaSetTemplate, shardedClusterTemplate])
  .transform(({ versions, ...plan }, context) => {
    const image = versions[plan.version];
    if (image === undefined) {
      const known = Object.keys(versions).join(', ') || 'none';
      context.addIssue({ code: 'custom', path: ['version'], message: `is not in versions, which has: ${known}` });
      return z.NEVER;
    }
    if (plan.topology === 'replica-set') return { ...requested(plan), image };
    const { configServers, routers } = plan;
    return { ...requested(plan), image, configServers: requested(configServers), routers: requested(routers) };
  });

function requested<Plan extends { readonly memory: string; readonly memoryRequest?: string | undefined }>(plan: Plan) {
  return { ...plan, memoryRequest: plan.memoryRequest ?? plan.memory };
}

export type Template = z.output<typeof templateSchema>;
export type ReplicaSetTemplate = Extract<Template, { readonly topology: 'replica-set' }>;
export type ShardedClusterTemplate = Extract<Template, { readonly topology: 'sharded-cluster' }>;

/** What a server of an instance runs with, whichever it is. */
export interface ServerPlan {
  readonly version: string;
  readonly image: string;
  readonly readinessImage: string;
  readonly cpu: string;
  readonly memory: string;
  readonly memoryRequest: string;
}

/** What a member of a replica set runs with. */
export interface MemberPlan extends ServerPlan {
  readonly storage: string;
  readonly storageClass?: string | undefined;
}
