import type { JsonObject } from '../service.js';
import { defaultDatabase } from './names.js';

/** https://www.mongodb.com/docs/manual/reference/built-in-roles/#database-administration-roles */
const roles = ['readWrite', 'read', 'dbAdmin', 'dbOwner'] as const;

/** What an app may do, and where. */
export interface Access {
  readonly database: string;
  readonly role: (typeof roles)[number];
}

const defaultRole: Access['role'] = 'readWrite';

/** MongoDB refuses names that differ from existing ones in case only. */
const reserved = '[aA][dD][mM][iI][nN]|[lL][oO][cC][aA][lL]|[cC][oO][nN][fF][iI][gG]';
/**
 * Without what MongoDB refuses on any platform: / \ . " $ * < > : | ? and space.
 * https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions
 */
const ascii = "!#%&'()+,;=@^_`{}~\\[\\]A-Za-z0-9-";
const otherAlphabets = '\\u00a1-\\ud7ff\\ue000-\\uffff';
/** A pattern cannot count the 63 bytes that a name may have: other characters than ASCII's have two or three each. */
const databasePattern = `^(?!(${reserved})$)([${ascii}]{1,63}|[${ascii}${otherAlphabets}]{1,21})$`;

export const accessSchema: JsonObject = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: {
    database: {
      type: 'string',
      description:
        "the app's database: 1 to 63 ASCII characters, or 1 to 21 of any alphabet, but no space and none of " +
        '/\\."$*<>:|?; not admin, local or config. MongoDB makes it with the first write. Bindings that do not name ' +
        'one share a database of the instance.',
      pattern: databasePattern,
    },
    role: {
      type: 'string',
      description:
        "what the app may do in its database: one of MongoDB's built-in roles; dbOwner without userAdmin, " +
        'since users come and go with bindings',
      enum: roles,
      default: defaultRole,
    },
  },
  additionalProperties: false,
};

/** @param parameters of a bind request, valid by the schema above */
export function accessOf(parameters: JsonObject, instanceId: string): Access {
  return { database: defaultDatabase(instanceId), role: defaultRole, ...(parameters as Partial<Access>) };
}

/**
 * What the binding's user is granted. Who could make users would outlive the binding in them, so `dbOwner` is only the
 * rest of what it consists of.
 */
export const rolesOf = ({ role, database }: Access) =>
  (role === 'dbOwner' ? ['readWrite', 'dbAdmin'] : [role]).map((granted) => ({ role: granted, db: database }));
