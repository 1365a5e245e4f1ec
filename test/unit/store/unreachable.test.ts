import { MongoNetworkError, MongoServerError } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { isUnreachable } from '../../../src/store/store.js';

const refusal = (codeName: string, ...errorLabels: readonly string[]) =>
  new MongoServerError({ message: codeName, codeName, errorLabels: [...errorLabels] });

describe('the store', () => {
  it.each([
    ['whose connection broke', new MongoNetworkError('reset')],
    ['that ends', refusal('InterruptedAtShutdown')],
    ['that has begun to end', refusal('ShutdownInProgress')],
    ['that elects', refusal('InterruptedDueToReplStateChange')],
    ['that has another primary', refusal('NotWritablePrimary')],
    ['that lost a write for now', refusal('WriteConflict', 'TransientTransactionError')],
  ])('%s is away', (_name, error) => {
    expect(isUnreachable(error)).toBe(true);
  });

  it.each([
    ['that knows us not', refusal('AuthenticationFailed')],
    ['that has it already', refusal('DuplicateKey')],
    ['that was not asked', new Error('a mistake of ours')],
  ])('%s is not', (_name, error) => {
    expect(isUnreachable(error)).toBe(false);
  });
});
