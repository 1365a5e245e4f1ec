import { z } from 'zod';

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const cpus = z.string().regex(/^\d+(\.\d+|m)?$/, 'is no Kubernetes quantity of CPU');
const bytes = z.string().regex(/^\d+(\.\d+)?(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/, 'is no Kubernetes quantity of bytes');
/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const labelValue = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const imageReference = z.string().min(1);

const replicaSetTemplate = z.strictObject({
  topology: z.literal('replica-set'),
  members: z.literal([1, 3, 5, 7]),
  version: z.string().regex(labelValue, 'cannot be the value of a label').describe('a key of `versions`'),
  versions: z.record(z.string(), imageReference).describe('the image of each MongoDB version on offer'),
  readinessImage: imageReference.describe('images/mongodb-readiness'),
  cpu: cpus.describe('CPU request of a member; it has no limit, because throttled heartbeats cause elections'),
  memory: bytes.describe('memory limit of a member'),
  memoryRequest: bytes.optional().describe('memory request of a member; the limit, where it is not given'),
  storage: bytes.describe('size of the volume of a member'),
  storageClass: z.string().optional().describe("the cluster's default StorageClass, where it is not given"),
});

/** What a plan of the catalog file says of an instance, its image looked up. */
export const templateSchema = replicaSetTemplate.transform(({ versions, memoryRequest, ...plan }, context) => {
  const image = versions[plan.version];
  if (image === undefined) {
    const known = Object.keys(versions).join(', ') || 'none';
    context.addIssue({ code: 'custom', path: ['version'], message: `is not in versions, which has: ${known}` });
    return z.NEVER;
  }
  return { ...plan, image, memoryRequest: memoryRequest ?? plan.memory };
});

export type Template = z.output<typeof templateSchema>;
