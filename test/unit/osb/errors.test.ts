import { BadRequestException, NotFoundException } from '@nestjs/common';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../../src/brokering/refusal.js';
import { describeFailure, EdgeRefusal, errorTable, type Situation } from '../../../src/osb/errors.js';

describe('OSB › Service Broker Errors', () => {
  const cases: readonly (readonly [Situation, number, string])[] = [
    ['unauthenticated', 401, 'Unauthorized'],
    ['forbidden', 403, 'Forbidden'],
    ['too-many-requests', 429, 'TooManyRequests'],
    ['unsupported-version', 412, 'UnsupportedApiVersion'],
    ['malformed', 400, 'MalformedRequest'],
    ['too-large', 413, 'RequestTooLarge'],
    ['async-required', 422, 'AsyncRequired'],
    ['unknown-path', 404, 'NotFound'],
    ['invalid', 400, 'InvalidRequest'],
    ['absent', 404, 'NotFound'],
    ['gone', 410, 'Gone'],
    ['conflict', 409, 'Conflict'],
    ['concurrency', 422, 'ConcurrencyError'],
    ['maintenance-info', 422, 'MaintenanceInfoConflict'],
    ['unprocessable', 422, 'Unprocessable'],
    ['failed', 500, 'OperationFailed'],
    ['late', 504, 'OperationTimedOut'],
    ['unavailable', 503, 'ServiceUnavailable'],
    ['internal', 500, 'InternalError'],
  ];
  test.each(cases)('%s: %d %s', (situation, status, error) => {
    expect(errorTable[situation]).toEqual({ status, error });
  });

  test('has no other situation, and every error is one CamelCase word', () => {
    expect(Object.keys(errorTable).sort()).toEqual(cases.map(([situation]) => situation).sort());
    for (const { error } of Object.values(errorTable)) expect(error).toMatch(/^[A-Z][A-Za-z]+$/);
  });
});

describe('an error becomes', () => {
  test.each([
    [new Refusal('conflict', 'told'), { situation: 'conflict', description: 'told' }],
    [new EdgeRefusal('async-required', 'told'), { situation: 'async-required', description: 'told' }],
    [
      new NotFoundException('Cannot GET /x'),
      { situation: 'unknown-path', description: 'There is nothing at this path.' },
    ],
    [new BadRequestException('detail'), { situation: 'malformed', description: 'The request is malformed.' }],
    [new Error('secret'), { situation: 'internal', description: 'Something went wrong inside the broker.' }],
    ['thrown text', { situation: 'internal', description: 'Something went wrong inside the broker.' }],
  ])('%s', (error, expected) => {
    expect(describeFailure(error)).toEqual(expected);
  });
});
