import type { JsonObject, ParameterSchemas } from '../service.js';

/** https://www.mongodb.com/docs/manual/reference/built-in-roles/#database-administration-roles */
const roles = ['readWrite', 'read', 'dbAdmin', 'dbOwner'] as const;

export interface Access {
  readonly database: string;
  readonly role: (typeof roles)[number];
}

const defaults: Access = { database: 'app', role: 'readWrite' };

export const parameterSchemas: ParameterSchemas = {
  provision: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: {},
    additionalProperties: false,
  },
  bind: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: {
      database: {
        type: 'string',
        description:
          '1 to 63 letters, digits, _ or -; not admin, local or config. MongoDB makes it with the first write.',
        // MongoDB refuses names that differ from existing ones in case only.
        pattern: '^(?!([aA][dD][mM][iI][nN]|[lL][oO][cC][aA][lL]|[cC][oO][nN][fF][iI][gG])$)[A-Za-z0-9_-]{1,63}$',
        default: defaults.database,
      },
      role: {
        type: 'string',
        description: "what the app may do in its database: one of MongoDB's built-in roles",
        enum: roles,
        default: defaults.role,
      },
    },
    additionalProperties: false,
  },
};

/** @param parameters of a bind request, valid by the schema above */
export function accessOf(parameters: JsonObject): Access {
  return { ...defaults, ...(parameters as Partial<Access>) };
}
