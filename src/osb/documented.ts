import { applyDecorators } from '@nestjs/common';
import {
  ApiBasicAuth,
  ApiBearerAuth,
  ApiBody,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { z } from 'zod';
import { describeHeaders, failureAnswers } from './documented-failures.js';
import type { Situation } from './errors.js';
import { spokenVersions } from './versions.js';

interface DocumentedAnswer {
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly example?: unknown;
  /** Its headers, and what they hold. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface DocumentedQuery {
  readonly description: string;
  readonly required?: boolean;
  readonly example?: string;
}

interface Documented {
  readonly summary: string;
  readonly answers: Readonly<Record<number, DocumentedAnswer>>;
  readonly failures?: readonly Situation[];
  readonly body?: { readonly schema: z.ZodType; readonly examples: Readonly<Record<string, object>> };
  readonly query?: Readonly<Record<string, DocumentedQuery>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What every request may be answered, to whichever API. */
const everywhere: readonly Situation[] = [
  'unauthenticated',
  'forbidden',
  'too-many-requests',
  'unavailable',
  'internal',
];

/** The OpenAPI side of one verb. */
export function Documented({ summary, answers, failures = [], body, query = {}, headers = {} }: Documented) {
  return applyDecorators(
    ApiOperation({ summary }),
    ...(body ? [ApiBody({ schema: schemaOf(body.schema), required: true, examples: named(body.examples) })] : []),
    ...Object.entries(query).map(([name, { description, required = false, example }]) =>
      ApiQuery({ name, description, required, schema: { type: 'string', ...(example !== undefined && { example }) } }),
    ),
    ...Object.entries(headers).map(([name, description]) =>
      ApiHeader({ name, description, required: false, schema: { type: 'string' } }),
    ),
    ...Object.entries(answers).map(([status, { description, schema, example, headers = {} }]) =>
      ApiResponse({
        status: Number(status),
        description,
        headers: describeHeaders(headers),
        ...(schema && { standardSchema: schema }),
        ...(example !== undefined && { example }),
      }),
    ),
    ...failureAnswers([...failures, ...everywhere]),
  );
}

const named = (examples: Readonly<Record<string, object>>) =>
  Object.fromEntries(Object.entries(examples).map(([summary, value]) => [summary, { summary, value }]));

/** What the verbs of any controller have in common. */
export const DocumentedTag = (tag: string): ClassDecorator =>
  applyDecorators(ApiTags(tag), ApiBasicAuth(), ApiBearerAuth());

/** What the verbs of a controller of the Open Service Broker API have in common. */
export function DocumentedController(tag: string, ids: Readonly<Record<string, string>>): ClassDecorator {
  return applyDecorators(
    DocumentedTag(tag),
    ...failureAnswers(['unsupported-version']),
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
      schema: { type: 'string', example: 'cloudfoundry eyJ1c2VyX2lkIjoiNjgzZWE3NDgifQ==' },
    }),
    ApiHeader({
      name: 'X-Broker-API-Request-Identity',
      description: 'Names the request; echoed',
      required: false,
      schema: { type: 'string', example: 'e26cee84-6b38-4456-b34e-d1a9f002c956' },
    }),
    ...Object.entries(ids).map(([name, description]) =>
      ApiParam({ name, description, schema: { type: 'string', minLength: 1 } }),
    ),
  );
}

function schemaOf(schema: z.ZodType): object {
  const { $schema: _, ...document } = schema.toJSONSchema({ target: 'openapi-3.0', io: 'input' });
  return document;
}
