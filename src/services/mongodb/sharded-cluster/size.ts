import type { JsonObject } from '../../service.js';
import type { ShardedClusterTemplate } from '../template.js';

/** What users may change of a sharded cluster, as they call it. */
export interface Size {
  readonly shards: number;
  /** Of each shard. */
  readonly members: number;
  readonly routers: number;
}

type Plan = Pick<ShardedClusterTemplate, 'shards' | 'members' | 'most'> & {
  readonly routers: { readonly count: number };
};

export const sizeNames: readonly (keyof Size)[] = ['shards', 'members', 'routers'];

/** @param parameters of an instance, valid by the schema below */
export function sizeOf({ shards, members, routers }: Omit<Plan, 'most'>, parameters: JsonObject): Size {
  const asked = Object.fromEntries(sizeNames.flatMap((name) => (name in parameters ? [[name, parameters[name]]] : [])));
  return { shards, members, routers: routers.count, ...(asked as Partial<Size>) };
}

/** The properties of a JSON Schema. @param plan what an instance has at first, and never less */
export function sizeProperties({ shards, members, routers, most }: Plan): JsonObject {
  return {
    shards: {
      type: 'integer',
      description:
        'how many replica sets the data of sharded collections is spread over; one that goes is drained first',
      minimum: shards,
      maximum: Math.max(shards, most.shards),
      default: shards,
    },
    members: {
      type: 'integer',
      description: 'how many members each shard has',
      enum: [1, 3, 5, 7].filter((count) => count === members || (count > members && count <= most.members)),
      default: members,
    },
    routers: {
      type: 'integer',
      description: 'how many routers (mongos) there are for apps to connect to',
      minimum: routers.count,
      maximum: Math.max(routers.count, most.routers),
      default: routers.count,
    },
  };
}

/** Of updates only. */
export const consentProperties: JsonObject = {
  allow_write_pause: {
    type: 'boolean',
    description:
      'true: where fewer shards need databases to move, the writes of apps may be refused meanwhile. MongoDB before 8.0 ' +
      'cannot move the unsharded collections of a database that is written to',
    default: false,
  },
};
