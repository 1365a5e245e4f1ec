import { Ajv, type ErrorObject, type Options } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { default as AjvDraft04 } from 'ajv-draft-04';
import { default as addFormats } from 'ajv-formats';
import type { JsonObject } from '../services/service.js';

/** Answers what is wrong with a user's parameters, in the user's words; nothing where they are right. */
export type ValidateParameters = (parameters: JsonObject) => readonly string[];

/** `verbose` puts the schema beside each error: what a parameter may be is told from it. */
const options: Options = { allErrors: true, strict: false, verbose: true };
const validators = {
  'draft-04': addFormats.default(new AjvDraft04.default(options)),
  'draft-07': addFormats.default(new Ajv(options)),
  '2020-12': addFormats.default(new Ajv2020(options)),
};

const maximumSchemaBytes = 64 * 1024;
const mostMessages = 10;

/**
 * OSB › Schemas Object.
 * @throws Error where the schema breaks a rule of the specification
 */
export function compileParameterSchema(schema: JsonObject): ValidateParameters {
  const validate = validatorOf(schema).compile(withoutForeignReferences(schema));
  return (parameters) => {
    validate(parameters);
    return [...new Set((validate.errors ?? []).map(describeError))].slice(0, mostMessages);
  };
}

function validatorOf(schema: JsonObject): Ajv | Ajv2020 | InstanceType<typeof AjvDraft04.default> {
  const dialect = schema.$schema;
  if (typeof dialect !== 'string') throw new Error('its $schema is missing');
  if (dialect.includes('draft-04')) return validators['draft-04'];
  if (dialect.includes('draft-07')) return validators['draft-07'];
  if (dialect.includes('2020-12')) return validators['2020-12'];
  throw new Error(`its $schema ${dialect} is none of draft-04, draft-07, 2020-12`);
}

function withoutForeignReferences(schema: JsonObject): JsonObject {
  const text = JSON.stringify(schema, (key, value: unknown) => {
    if (key === '$ref' && typeof value === 'string' && !value.startsWith('#')) {
      throw new Error(`it refers to ${value}, which is outside of it`);
    }
    return value;
  });
  if (Buffer.byteLength(text) > maximumSchemaBytes) throw new Error('it has more than 64 kB');
  return schema;
}

function describeError(error: ErrorObject): string {
  const { keyword, instancePath, params, parentSchema, schema } = error;
  switch (keyword) {
    case 'additionalProperties': {
      const known = Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {});
      const unknown = parameterName(`${instancePath}/${escaped(params.additionalProperty)}`);
      return `${unknown} is unknown; ${known.length === 0 ? 'there are none' : `there are: ${known.join(', ')}`}`;
    }
    case 'required':
      return `${parameterName(`${instancePath}/${escaped(params.missingProperty)}`)} is missing`;
    case 'type':
      return `${parameterName(instancePath)} must be of type ${[schema].flat().join(' or ')}`;
    case 'enum':
      return `${parameterName(instancePath)} must be one of ${(schema as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`;
    case 'const':
      return `${parameterName(instancePath)} must be ${JSON.stringify(schema)}`;
    default: {
      const { description } = (parentSchema ?? {}) as { description?: string };
      return `${parameterName(instancePath)} ${error.message ?? 'is wrong'}${description ? ` (${description})` : ''}`;
    }
  }
}

const escaped = (name: unknown): string => String(name).replaceAll('~', '~0').replaceAll('/', '~1');

/** From a JSON pointer: `parameter "members[0].zone"`. */
function parameterName(pointer: string): string {
  const parts = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (parts.length === 0) return 'parameters';
  const [first, ...rest] = parts;
  return `parameter ${JSON.stringify(rest.reduce((name, part) => (/^\d+$/.test(part) ? `${name}[${part}]` : `${name}.${part}`), String(first)))}`;
}
