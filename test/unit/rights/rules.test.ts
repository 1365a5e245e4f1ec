import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { brokerUser } from '../../../local/cluster/certificates.js';
import { type Asked, readAuditLog } from '../../rights/audit-log.js';
import { needed, type Right } from '../../rights/rules.js';

const asked = (over: Partial<Asked> = {}): Asked => ({
  at: new Date(0),
  verb: 'patch',
  uri: '/api/v1/namespaces/m-1/services/a',
  group: '',
  resource: 'services',
  namespace: 'm-1',
  code: 200,
  isAllowed: true,
  ...over,
});
const right = (verb: string, over: Partial<Right> = {}): Right => ({
  ...{ role: 'holdfast-instance', group: '', resource: 'services', verb },
  ...over,
});
const roleBinding = { group: 'rbac.authorization.k8s.io', resource: 'rolebindings' };
const roles = { group: 'rbac.authorization.k8s.io', resource: 'clusterroles' };

describe('what was asked for needs a right', () => {
  it.each<[string, Right, Asked, boolean]>([
    ['its verb on its resource', right('patch'), asked(), true],
    ['not another verb', right('delete'), asked(), false],
    ['not another resource', right('patch', { resource: 'secrets' }), asked(), false],
    ['not that of another group', right('patch', { group: 'apps' }), asked(), false],
    ['not where it was refused', right('patch'), asked({ isAllowed: false, code: 403 }), false],
    ['also where it failed after that', right('patch'), asked({ code: 409 }), true],
    ['`create`, where it was applied and not there', right('create'), asked({ code: 201 }), true],
    ['no `create`, where it was there', right('create'), asked({ code: 200 }), false],
    ['`bind`, for a RoleBinding', right('bind', roles), asked({ ...roleBinding, code: 201 }), true],
    ['no `bind`, for what is none', right('bind', roles), asked(), false],
    ['that of a subresource', right('get', { resource: 'pods/log' }), asked({ verb: 'get', resource: 'pods' }), false],
  ])('%s', (_name, each, request, isNeeded) => {
    expect(needed(each, request)).toBe(isNeeded);
  });
});

describe('the audit log', () => {
  const line = (time: string, over: object = {}) =>
    JSON.stringify({
      user: { username: brokerUser },
      requestReceivedTimestamp: time,
      verb: 'get',
      requestURI: '/api/v1/namespaces/m-1/pods/rs0-0/portforward',
      objectRef: { resource: 'pods', subresource: 'portforward', namespace: 'm-1', apiVersion: 'v1' },
      responseStatus: { code: 101 },
      annotations: { 'authorization.k8s.io/decision': 'allow' },
      ...over,
    });

  it('is read from all of its files, since a time, of brokers only, without a line that is cut off', () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-audit-'));
    try {
      const installed = { user: { username: 'system:serviceaccount:broker-1:holdfast' } };
      const other = { user: { username: 'system:serviceaccount:broker-1:default' } };
      const refused = { annotations: { 'authorization.k8s.io/decision': 'forbid' }, responseStatus: { code: 403 } };
      writeFileSync(
        join(folder, 'broker-2026-11-23.log'),
        `${line('2026-11-23T01:00:00Z')}\n${line('2026-11-23T03:00:00Z')}\n`,
      );
      writeFileSync(
        join(folder, 'broker.log'),
        [
          line('2026-11-23T04:00:00Z', refused),
          line('2026-11-23T04:10:00Z', installed),
          line('2026-11-23T04:20:00Z', other),
          line('2026-11-23T05:00:00Z').slice(0, 40),
        ].join('\n'),
      );
      const read = readAuditLog(join(folder, 'broker.log'), new Date('2026-11-23T02:00:00Z'));
      expect(read).toEqual([
        {
          at: new Date('2026-11-23T03:00:00Z'),
          verb: 'get',
          uri: '/api/v1/namespaces/m-1/pods/rs0-0/portforward',
          group: '',
          resource: 'pods/portforward',
          namespace: 'm-1',
          code: 101,
          isAllowed: true,
        },
        expect.objectContaining({ at: new Date('2026-11-23T04:00:00Z'), code: 403, isAllowed: false }),
        expect.objectContaining({ at: new Date('2026-11-23T04:10:00Z') }),
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
