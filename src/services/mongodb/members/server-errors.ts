import { MongoServerError } from 'mongodb';

/** https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml */
const passing: ReadonlySet<string> = new Set([
  // Another reconfiguration, such as the server's own that lets a new member vote, came between.
  'NewReplicaSetConfigurationIncompatible',
  'CurrentConfigNotCommittedYet',
  'ConfigurationInProgress',
  // So did a change of the default write concern.
  'ConflictingOperationInProgress',
  // A member that does not listen yet, or whose name is not in the DNS yet.
  'NodeNotFound',
  'HostUnreachable',
  'InvalidReplicaSetConfig',
  // An election.
  'InterruptedDueToReplStateChange',
  'NotWritablePrimary',
  'NotPrimaryNoSecondaryOk',
  'PrimarySteppedDown',
  'ShutdownInProgress',
]);

const noPrimary: ReadonlySet<string> = new Set([
  'InterruptedDueToReplStateChange',
  'NotWritablePrimary',
  'NotPrimaryNoSecondaryOk',
  'PrimarySteppedDown',
  'ShutdownInProgress',
]);

/** Whether the same command may succeed soon. */
export function isPassing(error: unknown): error is MongoServerError {
  return error instanceof MongoServerError && passing.has(error.codeName ?? '') && !isForeignMember(error);
}

/** Whether the command went to a member that is not the primary (any more). */
export function isNotPrimary(error: unknown): boolean {
  return hasCodeName(error, ...noPrimary);
}

/** Whether a member belongs to a replica set of its own: no retry joins the two. */
export function isForeignMember(error: unknown): boolean {
  return error instanceof MongoServerError && /same member ID as ourself|replica set ID/.test(error.message);
}

export function hasCodeName(error: unknown, ...codeNames: readonly string[]): error is MongoServerError {
  return error instanceof MongoServerError && codeNames.includes(error.codeName ?? '');
}

const userExists = 51003;

/** Whether `createUser` was refused because there is one of that name. */
export function isKnownUser(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === userExists;
}
