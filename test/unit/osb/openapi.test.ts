import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import openapiTS, { astToString } from 'openapi-typescript';
import { describe, expect, test } from 'vitest';
import { openApiDocument } from '../../../src/openapi.js';

const text = readFileSync('openapi/openapi.json', 'utf8');
const committed: Document = JSON.parse(text);

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly headers: object; readonly content?: Content }>>;
}
type Content = Readonly<
  Record<string, { readonly schema: object; readonly example?: object; readonly examples?: object }>
>;

test('openapi/openapi.json is that of the code; after a change, run npm run openapi', async () => {
  expect(JSON.parse(JSON.stringify(await openApiDocument()))).toEqual(committed);
});

test('the typed client is of openapi/openapi.json; after a change, run npm run openapi', async () => {
  const generated = astToString(await openapiTS(text));
  expect(readFileSync('clients/typescript/schema.d.ts', 'utf8')).toContain(generated);
});

test('openapi/openapi.json passes the linter, its examples too', async () => {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({ source: text, absoluteRef: 'openapi.json', config });
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
});

const verbs = Object.entries(committed.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([verb, operation]) => [`${verb.toUpperCase()} ${path}`, operation] as const),
);
const isOsb = (verb: string) => verb.includes(' /v2/');

test('has every verb of the specification', () => {
  const instance = '/v2/service_instances/{instance_id}';
  const binding = `${instance}/service_bindings/{binding_id}`;
  expect(
    verbs
      .map(([verb]) => verb)
      .filter(isOsb)
      .sort(),
  ).toEqual(
    [
      'GET /v2/catalog',
      ...['GET', 'PUT', 'PATCH', 'DELETE'].map((verb) => `${verb} ${instance}`),
      ...['GET', 'PUT', 'DELETE'].map((verb) => `${verb} ${binding}`),
      `GET ${instance}/last_operation`,
      `GET ${binding}/last_operation`,
    ].sort(),
  );
});

test('has the operators’ API, which only reads, and has secrets rotated', () => {
  const others = verbs.map(([verb]) => verb).filter((verb) => !isOsb(verb));
  expect(others.length).toBeGreaterThan(0);
  const [changing, ...more] = others.filter((verb) => !verb.startsWith('GET /operators/'));
  expect([changing, more]).toEqual(['POST /operators/instances/{id}/rotations/{what}', []]);
});

describe.each(verbs)('%s', (verb, { parameters, requestBody, responses }) => {
  test('documents its headers', () => {
    const headers = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
    const ofOsb = ['X-Broker-API-Version', 'X-Broker-API-Originating-Identity', 'X-Broker-API-Request-Identity'];
    expect(headers).toEqual(expect.arrayContaining(isOsb(verb) ? ofOsb : []));
    for (const { headers } of Object.values(responses)) expect(headers).toHaveProperty('X-Broker-API-Request-Identity');
  });

  test('documents what every request may be answered, with the codes of the errors', () => {
    expect(Object.keys(responses)).toEqual(
      expect.arrayContaining(['401', '403', '429', '500', '503', ...(isOsb(verb) ? ['412'] : [])]),
    );
    for (const [status, { content }] of Object.entries(responses)) {
      if (Number(status) < 400) continue;
      expect(content?.['application/json']).toMatchObject({ schema: { $ref: '#/components/schemas/Error' } });
      expect(Object.keys(content?.['application/json']?.examples ?? {})).not.toEqual([]);
    }
  });

  test('has examples of what is sent and answered', () => {
    const answers = Object.entries(responses).filter(([status]) => Number(status) < 300);
    for (const content of [...answers.map(([, { content }]) => content), requestBody?.content]) {
      if (content)
        expect(Object.keys(content['application/json'] ?? {})).toContainEqual(expect.stringMatching('example'));
    }
  });
});
