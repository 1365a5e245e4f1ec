import { applyDecorators } from '@nestjs/common';
import {
  ApiBasicAuth,
  ApiBody,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { z } from 'zod';
import { errorAnswer, lastOperationAnswer } from './answer-schemas.js';
import { errorTable, type Situation } from './errors.js';
import { spokenVersions } from './versions.js';

interface DocumentedAnswer {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Its headers, and what they hold. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface Documented {
  readonly summary: string;
  readonly answers: Readonly<Record<number, DocumentedAnswer>>;
  readonly failures?: readonly Situation[];
  readonly body?: z.ZodType;
  readonly query?: Readonly<Record<string, { readonly description: string; readonly required?: boolean }>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What every request may be answered. */
const always: readonly Situation[] = ['unauthenticated', 'unsupported-version', 'unavailable', 'internal'];

const echo = { 'X-Broker-API-Request-Identity': 'The request identity, where one was sent' };

const failureHeaders: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  [errorTable.unauthenticated.status]: { 'WWW-Authenticate': 'How to authenticate' },
  [errorTable.unavailable.status]: { 'Retry-After': 'Seconds after which it is worth asking again' },
};

const describeHeaders = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' as const } }]),
  );

/** The OpenAPI side of one verb. */
export function Documented({ summary, answers, failures = [], body, query = {}, headers = {} }: Documented) {
  return applyDecorators(
    ApiOperation({ summary }),
    ...(body ? [ApiBody({ schema: schemaOf(body), required: true })] : []),
    ...Object.entries(query).map(([name, { description, required = false }]) =>
      ApiQuery({ name, description, required, schema: { type: 'string' } }),
    ),
    ...Object.entries(headers).map(([name, description]) =>
      ApiHeader({ name, description, required: false, schema: { type: 'string' } }),
    ),
    ...Object.entries(answers).map(([status, { description, schema, headers = {} }]) =>
      ApiResponse({
        status: Number(status),
        description,
        headers: describeHeaders({ ...echo, ...headers }),
        ...(schema && { standardSchema: schema }),
      }),
    ),
    ...failureAnswers([...failures, ...always]),
  );
}

/** One answer a status, which names the errors that have it. */
function failureAnswers(situations: readonly Situation[]): MethodDecorator[] {
  const statuses = new Set(situations.map((situation) => errorTable[situation].status));
  return [...statuses].map((status) => {
    const errors = situations.map((situation) => errorTable[situation]).filter((entry) => entry.status === status);
    const names = [...new Set(errors.map((entry) => entry.error))].join(', ');
    const headers = describeHeaders({ ...echo, ...failureHeaders[status] });
    return ApiResponse({ status, description: names, headers, standardSchema: errorAnswer });
  });
}

/** What all of a controller's verbs have in common. */
export function DocumentedController(tag: string, ids: Readonly<Record<string, string>>): ClassDecorator {
  return applyDecorators(
    ApiTags(tag),
    ApiBasicAuth(),
    ApiHeader({
      name: 'X-Broker-API-Version',
      description: `One of ${spokenVersions}; newer 2.x versions are answered as the newest of them`,
      required: true,
      schema: { type: 'string', example: '2.17' },
    }),
    ApiHeader({
      name: 'X-Broker-API-Originating-Identity',
      description: 'The platform and the base64 of a JSON object that describes its user',
      required: false,
      schema: { type: 'string' },
    }),
    ApiHeader({
      name: 'X-Broker-API-Request-Identity',
      description: 'Names the request; echoed',
      required: false,
      schema: { type: 'string' },
    }),
    ...Object.entries(ids).map(([name, description]) => ApiParam({ name, description, schema: { type: 'string' } })),
  );
}

function schemaOf(schema: z.ZodType): object {
  const { $schema: _, ...document } = schema.toJSONSchema({ target: 'openapi-3.0', io: 'input' });
  return document;
}

export const acceptsIncomplete = {
  accepts_incomplete: { description: 'Must be `true`: the work is done asynchronously', required: true },
};
export const requiredIds = {
  service_id: { description: 'Id of the offering', required: true },
  plan_id: { description: 'Id of the plan', required: true },
};
export const hintIds = {
  service_id: { description: 'Id of the offering; a hint' },
  plan_id: { description: 'Id of the plan; a hint' },
};
export const operationHint = {
  operation: { description: 'As answered when the operation was accepted; without it, the latest one is told' },
};
export const lastOperationDocumented = {
  description: 'The operation',
  schema: lastOperationAnswer,
  headers: { 'Retry-After': 'Seconds after which it is worth asking again, while in progress' },
};
