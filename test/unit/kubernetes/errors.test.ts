import { describe, expect, it } from 'vitest';
import { ClusterError } from '../../../src/kubernetes/cluster.js';
import { refusal, unreachable } from '../../../src/kubernetes/errors.js';

const title = 'apply Secret m-1/admin';
const status = (fields: object) => JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', ...fields });

describe('a refusal', () => {
  it('says what the Status says', () => {
    const error = refusal({ title }, 409, status({ reason: 'Conflict', message: 'try again' }));
    expect(error).toMatchObject({ request: title, status: 409, reason: 'Conflict' });
    expect(error.message).toBe('apply Secret m-1/admin: try again');
  });

  it('tells a namespace that is being deleted from missing rights', () => {
    const details = { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] };
    const error = refusal({ title }, 403, status({ reason: 'Forbidden', message: 'terminating', details }));
    expect(error.reason).toBe('NamespaceTerminating');
  });

  it.each(['<html>502</html>', '', '{"items":', '"text"'])('does without a Status (%j), and quotes nothing', (body) => {
    const error = refusal({ title }, 502, body);
    expect(error).toMatchObject({ status: 502, reason: 'Bad Gateway' });
    expect(error.message).toBe('apply Secret m-1/admin: the API server answered 502 Bad Gateway');
  });

  it('passes on the line of text that a kubelet refuses with', () => {
    expect(refusal({ title }, 500, 'pod not found ("db-0")\n').message).toBe(`${title}: pod not found ("db-0")`);
    expect(refusal({ title, secret: true }, 500, 'hunter2').message).not.toContain('hunter2');
  });

  it.each([400, 422, 500])('of a secret (%i) names fields, and quotes nothing', (httpStatus) => {
    const details = { causes: [{ field: 'data[password]', message: 'Invalid value: "hunter2"' }] };
    const body = status({ reason: 'Invalid', message: 'data: got "hunter2"', details });
    const error = refusal({ title, secret: true }, httpStatus, body);
    expect(error.message).toBe('apply Secret m-1/admin: refused because of data[password]');
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });

  it('of a secret for want of rights keeps its message', () => {
    const body = status({ reason: 'Forbidden', message: 'User "a" cannot patch resource "secrets"' });
    expect(refusal({ title, secret: true }, 403, body).message).toContain('cannot patch resource');
  });
});

describe('no answer', () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

  it.each([
    ['Aborted', { aborted: true, timedOut: true }],
    ['Timeout', { aborted: false, timedOut: true }],
    ['ECONNRESET', { aborted: false, timedOut: false }],
  ])('has the reason %s', (reason, how) => {
    expect(unreachable({ title }, reset, how)).toMatchObject({ status: 0, reason, cause: reset });
  });

  it('keeps an error of the cluster', () => {
    const error = new ClusterError(title, 404, 'NotFound', 'missing');
    expect(unreachable({ title }, error, { aborted: true, timedOut: false })).toBe(error);
  });
});
