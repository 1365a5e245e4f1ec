import { expect, test } from 'vitest';
import { parseOriginatingIdentity } from '../../../src/osb/middleware/identities.js';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

test.each([
  [`cloudfoundry ${encode({ user_id: 'u' })}`, { platform: 'cloudfoundry', value: { user_id: 'u' } }],
  [`kubernetes   ${encode({ username: 'ü' })}`, { platform: 'kubernetes', value: { username: 'ü' } }],
  ['', undefined],
  ['cloudfoundry', undefined],
  ['cloudfoundry not-json', undefined],
  [`cloudfoundry ${encode(['u'])}`, undefined],
  [`cloudfoundry ${encode({ a: 1 })} more`, undefined],
  [`cloudfoundry ${encode({ 'a\0': 1 })}`, undefined],
  [`cloudfoundry ${Buffer.from(`${'{"a":'.repeat(99)}1${'}'.repeat(99)}`).toString('base64')}`, undefined],
])('OSB › Originating Identity: %j', (header, expected) => {
  expect(parseOriginatingIdentity(header)).toEqual(expected);
});
