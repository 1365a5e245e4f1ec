import { errorAnswer } from './answer-schemas.js';
import type { Swagger } from './documentation.js';
import { errorTable, type Situation } from './errors.js';

/** What a user may be told. */
const examples: Readonly<Record<Situation, string>> = {
  unauthenticated:
    'The platform must authenticate with valid credentials: correct the user and password, or the token.',
  forbidden:
    'monitoring may not use the Open Service Broker API: use credentials that have the right "platform", or give them that right in the access file.',
  'too-many-requests': 'cf sends too many requests: send fewer in a second.',
  'unsupported-version': 'X-Broker-API-Version "2.12" is not supported: send one of 2.13, 2.14, 2.15, 2.16, 2.17.',
  malformed: 'The body cannot be read as JSON.',
  'too-large': 'The body has more than 1048576 bytes.',
  'async-required': 'This takes longer than one request: send accepts_incomplete=true.',
  'unknown-path': 'There is nothing at this path.',
  invalid: 'parameter "role" must be one of "read", "readWrite"',
  absent: 'there is no instance of this id',
  gone: 'there is no instance of this id',
  conflict: 'an instance of this id exists with another space_guid',
  concurrency: 'the instance is still being created',
  'maintenance-info': "maintenance_info.version is 1.1.0, the catalog's is 1.0.0: fetch the catalog again",
  unprocessable: 'the instance has failed and cannot be bound',
  failed: 'the user could not be made',
  late: 'the binding was not there in time, and was removed again',
  unavailable: 'The broker cannot reach its store now: try again in some seconds.',
  internal: 'Something went wrong inside the broker.',
};

const echo = { 'X-Broker-API-Request-Identity': 'The request identity, where one was sent' };

const failureHeaders: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  [errorTable.unauthenticated.status]: { 'WWW-Authenticate': 'How to authenticate' },
  [errorTable['too-many-requests'].status]: { 'Retry-After': 'Seconds after which it is worth asking again' },
  [errorTable.unavailable.status]: { 'Retry-After': 'Seconds after which it is worth asking again' },
};

/** Of any answer: its own headers, and the one that all have. */
export const describeHeaders = (headers: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(
    Object.entries({ ...echo, ...headers }).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' as const } },
    ]),
  );

/** One answer a status, with an example of each error that has it. */
export function failureAnswers({ ApiResponse }: Swagger, situations: readonly Situation[]) {
  const statuses = new Set(situations.map((situation) => errorTable[situation].status));
  return [...statuses].map((status) => {
    const those = [...new Set(situations)].filter((situation) => errorTable[situation].status === status);
    return ApiResponse({
      status,
      description: [...new Set(those.map((situation) => errorTable[situation].error))].join(', '),
      headers: describeHeaders(failureHeaders[status]),
      standardSchema: errorAnswer,
      examples: Object.fromEntries(those.map((situation) => [situation, exampleOf(situation)])),
    });
  });
}

function exampleOf(situation: Situation) {
  const { error } = errorTable[situation];
  return { summary: error, value: { error, description: examples[situation] } };
}
