import { MongoServerError } from 'mongodb';
import { expect, it } from 'vitest';
import { isForeignMember, isNotPrimary, isPassing } from '../../../../src/services/mongodb/members/server-errors.js';

const error = (codeName: string, errmsg = '') => new MongoServerError({ codeName, errmsg, message: errmsg });

it.each([
  ['NodeNotFound', { isPassing: true, isNotPrimary: false }],
  ['NewReplicaSetConfigurationIncompatible', { isPassing: true, isNotPrimary: false }],
  ['CurrentConfigNotCommittedYet', { isPassing: true, isNotPrimary: false }],
  ['InvalidReplicaSetConfig', { isPassing: true, isNotPrimary: false }],
  ['NotWritablePrimary', { isPassing: true, isNotPrimary: true }],
  ['PrimarySteppedDown', { isPassing: true, isNotPrimary: true }],
  ['AlreadyInitialized', { isPassing: false, isNotPrimary: false }],
  ['Unauthorized', { isPassing: false, isNotPrimary: false }],
  ['AuthenticationFailed', { isPassing: false, isNotPrimary: false }],
])('%s', (codeName, expected) => {
  expect({ isPassing: isPassing(error(codeName)), isNotPrimary: isNotPrimary(error(codeName)) }).toEqual(expected);
});

it('a member of another replica set never joins', () => {
  const foreign = error('NodeNotFound', 'replSetReconfig … responded with the same member ID as ourself');
  expect(isForeignMember(foreign)).toBe(true);
  expect(isPassing(foreign)).toBe(false);
});

it('other errors are not of the server', () => {
  expect(isPassing(new Error('NodeNotFound'))).toBe(false);
});
