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

/** Below which each server has a name: `rs0-0.m-….<domain>`. */
const domainPattern = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** With what stands before it, a name has at most 253 letters. */
const longestDomain = 200;

const exposures = {
  exposure: z
    .enum(['cluster', 'node-port', 'load-balancer'])
    .default('cluster')
    .describe('from where apps can connect: from the cluster only, or from outside of it, too'),
  outside: z
    .strictObject({
      domain: z
        .string()
        .max(longestDomain)
        .regex(
          domainPattern,
          'is no DNS name in lower case (nor may it be an IP address: MongoDB goes by the name in TLS)',
        )
        .describe(
          "the DNS domain of the servers' names; operators have it lead to the nodes, or to the load balancers",
        ),
      annotations: z
        .record(z.string(), z.string())
        .optional()
        .describe('of the Services, for a cloud or a DNS controller'),
    })
    .optional()
    .describe('with `node-port` and `load-balancer` only'),
};

const replicaSetTemplate = z.strictObject({
  topology: z.literal('replica-set'),
  members,
  ...images,
  ...compute,
  storage,
  storageClass,
  ...exposures,
});

const shardedClusterTemplate = z.strictObject({
  topology: z.literal('sharded-cluster'),
  shards: z.int().min(1).describe('how many shards an instance has at first, and at least'),
  members: members.describe('of each shard, at first and at least'),
  ...images,
  ...compute,
  storage,
  storageClass,
  ...exposures,
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
  .transform(({ versions, exposure, outside, ...plan }, context) => {
    const image = versions[plan.version];
    if (image === undefined) {
      const known = Object.keys(versions).join(', ') || 'none';
      context.addIssue({ code: 'custom', path: ['version'], message: `is not in versions, which has: ${known}` });
      return z.NEVER;
    }
    const wrong = outsideMistake(exposure, outside);
    if (wrong !== undefined) {
      context.addIssue({ code: 'custom', path: ['outside'], message: wrong });
      return z.NEVER;
    }
    const exposed = exposure !== 'cluster' && outside && { outside: { exposure, ...outside } };
    if (plan.topology === 'replica-set') return { ...requested(plan), image, ...exposed };
    const { configServers, routers } = plan;
    return {
      ...requested(plan),
      image,
      ...exposed,
      configServers: requested(configServers),
      routers: requested(routers),
    };
  });

function outsideMistake(exposure: string, outside: object | undefined): string | undefined {
  if (exposure === 'cluster') {
    return outside && 'is of no use with exposure cluster: set exposure to node-port or load-balancer, or leave it out';
  }
  return outside
    ? undefined
    : `is missing: exposure ${exposure} needs outside.domain, the DNS domain of the servers' names`;
}

function requested<Plan extends { readonly memory: string; readonly memoryRequest?: string | undefined }>(plan: Plan) {
  return { ...plan, memoryRequest: plan.memoryRequest ?? plan.memory };
}

export type Template = z.output<typeof templateSchema>;
export type ReplicaSetTemplate = Extract<Template, { readonly topology: 'replica-set' }>;
export type ShardedClusterTemplate = Extract<Template, { readonly topology: 'sharded-cluster' }>;

/** How apps outside of the cluster reach an instance: each server by a Service of its own. `undefined` where they do not. */
export type Outside = NonNullable<Template['outside']>;

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
