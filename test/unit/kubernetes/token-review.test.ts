import { describe, expect, test } from 'vitest';
import { reviewedToken } from '../../../src/kubernetes/token-review.js';

describe('what a TokenReview says', () => {
  const user = { username: 'system:serviceaccount:n:a' };
  test.each([
    [undefined, { isAuthenticated: false, user: '', audiences: [] }],
    [{}, { isAuthenticated: false, user: '', audiences: [] }],
    [
      { authenticated: false, error: 'expired' },
      { isAuthenticated: false, user: '', audiences: [] },
    ],
    [
      { authenticated: true, user, error: 'odd' },
      { isAuthenticated: false, user: user.username, audiences: [] },
    ],
    // As of a cluster that checks no audiences.
    [
      { authenticated: true, user },
      { isAuthenticated: true, user: user.username, audiences: [] },
    ],
    [
      { authenticated: true, user, audiences: ['holdfast'] },
      { isAuthenticated: true, user: user.username, audiences: ['holdfast'] },
    ],
  ])('%j', (status, expected) => {
    expect(reviewedToken({ spec: { token: '' }, ...(status && { status }) })).toEqual(expected);
  });
});
