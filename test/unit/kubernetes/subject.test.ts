import { expect, it } from 'vitest';
import { subjectOf } from '../../../src/kubernetes/subject.js';

const review = (username?: string) => ({ status: { userInfo: username === undefined ? {} : { username } } });

it('names a service account by its namespace', () => {
  const subject = subjectOf(review('system:serviceaccount:holdfast:broker'));
  expect(subject).toEqual({ kind: 'ServiceAccount', namespace: 'holdfast', name: 'broker' });
});

it.each(['holdfast', 'system:admin', 'system:serviceaccount:a', 'oidc:system:serviceaccount:a:b'])(
  'takes %s for a user',
  (name) => {
    expect(subjectOf(review(name))).toEqual({ kind: 'User', name, apiGroup: 'rbac.authorization.k8s.io' });
  },
);

it('refuses a review of nobody', () => {
  expect(() => subjectOf(review())).toThrow('names no user');
});
