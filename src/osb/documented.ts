import type { z } from 'zod';
import { describedBy } from './documentation.js';
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
  /** Of the path, besides those that the controller documents. */
  readonly parameters?: Readonly<Record<string, { readonly description: string; readonly example?: string }>>;
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

const textual = (example: string | undefined) => ({
  type: 'string' as const,
  ...(example !== undefined && { example }),
});

/** The OpenAPI side of one verb. */
export function Documented(about: Documented) {
  const { summary, answers, failures = [], body, query = {}, parameters = {}, headers = {} } = about;
  return describedBy((swagger) => [
    ...Object.entries(parameters).map(([name, { description, example }]) =>
      swagger.ApiParam({ name, description, schema: textual(example) }),
    ),
    swagger.ApiOperation({ summary }),
    ...(body
      ? [swagger.ApiBody({ schema: schemaOf(body.schema), required: true, examples: named(body.examples) })]
      : []),
    ...Object.entries(query).map(([name, { description, required = false, example }]) =>
      swagger.ApiQuery({ name, description, required, schema: textual(example) }),
    ),
    ...Object.entries(headers).map(([name, description]) =>
      swagger.ApiHeader({ name, description, required: false, schema: { type: 'string' } }),
    ),
    ...Object.entries(answers).map(([status, { description, schema, example, headers = {} }]) =>
      swagger.ApiResponse({
        status: Number(status),
        description,
        headers: describeHeaders(headers),
        ...(schema && { standardSchema: schema }),
        ...(example !== undefined && { example }),
      }),
    ),
    ...failureAnswers(swagger, [...failures, ...everywhere]),
  ]);
}

const named = (examples: Readonly<Record<string, object>>) =>
  Object.fromEntries(Object.entries(examples).map(([summary, value]) => [summary, { summary, value }]));

/** What the verbs of any controller have in common. */
export const DocumentedTag = (tag: string): ClassDecorator =>
  describedBy(({ ApiTags, ApiBasicAuth, ApiBearerAuth }) => [ApiTags(tag), ApiBasicAuth(), ApiBearerAuth()]);

/** What the verbs of a controller of the Open Service Broker API have in common. */
export function DocumentedController(tag: string, ids: Readonly<Record<string, string>>): ClassDecorator {
  return describedBy((swagger) => [
    swagger.ApiTags(tag),
    swagger.ApiBasicAuth(),
    swagger.ApiBearerAuth(),
    ...failureAnswers(swagger, ['unsupported-version']),
    swagger.ApiHeader({
      name: 'X-Broker-API-Version',
      description: `One of ${spokenVersions}; newer 2.x versions are answered as the newest of them`,
      required: true,
      schema: { type: 'string', example: '2.17' },
    }),
    swagger.ApiHeader({
      name: 'X-Broker-API-Originating-Identity',
      description: 'The platform and the base64 of a JSON object that describes its user',
      required: false,
      schema: { type: 'string', example: 'cloudfoundry eyJ1c2VyX2lkIjoiNjgzZWE3NDgifQ==' },
    }),
    swagger.ApiHeader({
      name: 'X-Broker-API-Request-Identity',
      description: 'Names the request; echoed',
      required: false,
      schema: { type: 'string', example: 'e26cee84-6b38-4456-b34e-d1a9f002c956' },
    }),
    ...Object.entries(ids).map(([name, description]) =>
      swagger.ApiParam({ name, description, schema: { type: 'string', minLength: 1 } }),
    ),
  ]);
}

function schemaOf(schema: z.ZodType): object {
  const { $schema: _, ...document } = schema.toJSONSchema({ target: 'openapi-3.0', io: 'input' });
  return document;
}
