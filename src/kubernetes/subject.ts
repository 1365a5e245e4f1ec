import type { V1SelfSubjectReview } from '@kubernetes/client-node';
import type { Subject } from './cluster.js';

/** Whom a SelfSubjectReview describes, as role bindings name it. */
export function subjectOf(review: V1SelfSubjectReview): Subject {
  const username = review.status?.userInfo?.username;
  if (!username) throw new TypeError('the SelfSubjectReview names no user');
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  if (namespace && name) return { kind: 'ServiceAccount', namespace, name };
  return { kind: 'User', name: username, apiGroup: 'rbac.authorization.k8s.io' };
}
