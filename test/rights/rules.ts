import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { Asked } from './audit-log.js';

/** One thing that a role allows: a verb on a resource. */
export interface Right {
  readonly role: string;
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

/** Each verb on each resource of each rule of the roles in a file. */
export function rightsIn(file: URL): readonly Right[] {
  const roles: readonly Role[] = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS());
  return roles.flatMap(({ metadata, rules }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => ({ role: metadata.name, group, resource, verb }))),
      ),
    ),
  );
}

/**
 * Whether something that was asked for needed a right. The API server asks two things besides the verb itself: whoever
 * makes an object by applying it needs `create`, too; and whoever writes a RoleBinding, `bind` on its role.
 */
export function needed({ group, resource, verb }: Right, asked: Asked): boolean {
  if (!asked.isAllowed) return false;
  if (verb === 'bind') return asked.resource === 'rolebindings' && asked.verb === 'patch' && asked.code < 300;
  if (asked.group !== group || asked.resource !== resource) return false;
  return asked.verb === verb || (verb === 'create' && asked.verb === 'patch' && asked.code === 201);
}
