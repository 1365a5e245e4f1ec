import { describe, expect, it } from 'vitest';
import { clusterPaths } from '../../local/cluster/layout.js';
import { foldersOf } from '../../local/folders.js';
import { type Asked, readAuditLog } from './audit-log.js';
import { needed, type Right, rightsIn } from './rules.js';

/*
 * What the brokers of the suites on the cluster asked the API server for, against what their roles allow. `npm test` runs
 * it last, and says since when; by itself, it reads all that there is.
 */
const since = new Date(process.env.TEST_SUITES_BEGAN ?? 0);
/** Somebody else's cluster keeps its audit log to itself. */
const isEmbedded = !process.env.KUBECONFIG;
const asked = isEmbedded ? readAuditLog(clusterPaths(foldersOf(process.env)).audit, since) : [];
const rights = rightsIn(new URL('../../deploy/helm/holdfast/files/rbac.yaml', import.meta.url));

/** What no suite here can use. */
const kept: readonly (Omit<Right, 'role'> & { readonly why: string })[] = [
  {
    ...{ group: '', resource: 'pods/portforward', verb: 'create' },
    why: 'from 1.35 on, the API server asks for it besides `get`',
  },
];

const name = ({ role, group, resource, verb }: Right) => [role, group, resource, verb].filter(Boolean).join(' ');

describe.runIf(isEmbedded)('the rights of the broker', () => {
  it('were watched while it was at work', () => {
    expect(asked.filter(({ isAllowed }) => isAllowed).length).toBeGreaterThan(100);
  });

  it.each(rights.filter((right) => !kept.some((each) => isSame(each, right))).map((right) => [name(right), right]))(
    'are used: %s',
    (_name, right) => {
      expect(asked.some((each) => needed(right, each))).toBe(true);
    },
  );

  it('that are kept without use are few, and there', () => {
    for (const each of kept) expect(rights.some((right) => isSame(each, right))).toBe(true);
    expect(kept.length).toBeLessThan(3);
  });

  it('suffice: nothing was refused', () => {
    const refused = asked.filter((each) => !each.isAllowed && !isExpected(each));
    expect(refused.map(({ at, verb, uri }) => `${at.toISOString()} ${verb} ${uri}`)).toEqual([]);
  });
});

function isSame(a: Omit<Right, 'role'>, b: Omit<Right, 'role'>): boolean {
  return a.group === b.group && a.resource === b.resource && a.verb === b.verb;
}

/**
 * In an instance's namespace, the broker's rights begin a moment after it asked for them, and it asks by applying the
 * ServiceAccount until it may; and they end while the namespace does, at any moment after it asked for that. Of a namespace
 * that somebody else ends, or where it never had rights, it hears with the first thing that it would remove.
 */
function isExpected({ namespace, resource, verb, at }: Asked): boolean {
  if (!namespace?.startsWith('m-')) return false;
  const begins = resource === 'serviceaccounts' && verb === 'patch';
  if (verb !== 'deletecollection') return begins;
  const wasEnding = asked.some((each) => each.verb === 'delete' && isOf(each.uri, namespace) && each.at <= at);
  return wasEnding || resource === 'statefulsets';
}

const isOf = (uri: string, namespace: string): boolean =>
  new URL(uri, 'https://cluster').pathname === `/api/v1/namespaces/${namespace}`;
