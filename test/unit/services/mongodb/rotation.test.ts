import { describe, expect, it } from 'vitest';
import { issueAuthority, issueMember } from '../../../../src/services/mongodb/certificates.js';
import { nextRotation } from '../../../../src/services/mongodb/rotation/rotation.js';
import { secrets } from './examples.js';

const day = 86_400_000;
const now = new Date('2026-01-01T00:00:00Z');

describe('what is rotated next', () => {
  it.each([
    { authorityDays: 3650, certificateDays: 90, what: 'certificates', afterDays: 60 },
    { authorityDays: 3650, certificateDays: 1, what: 'certificates', afterDays: 2 / 3 },
    { authorityDays: 100, certificateDays: 90, what: 'authority', afterDays: 50 },
  ])('$what, after $afterDays days', async ({ authorityDays, certificateDays, what, afterDays }) => {
    const authority = await issueAuthority('m-1', authorityDays, now);
    const member = await issueMember(authority, 'm-1', ['localhost'], certificateDays, now);
    const next = nextRotation({ ...secrets, authority, member });
    expect(next.what).toBe(what);
    // Certificates begin an hour early, for clocks that are behind.
    expect(Math.abs(next.at.getTime() - now.getTime() - afterDays * day)).toBeLessThan(0.05 * day);
  });
});
