import fc, { type Arbitrary } from 'fast-check';
import type { Sold } from '../support/broker-driver.js';

/* Requests as nobody would write them, near enough to right ones to get far. */

export interface GeneratedRequest {
  readonly method: string;
  /** Percent-encoded, with its query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

const mostly = <Value>(usual: Arbitrary<Value>, odd: Arbitrary<Value>, weight = 6): Arbitrary<Value> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd });

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.constantFrom(
    '',
    '\0',
    ' ',
    '../..',
    '__proto__',
    'constructor',
    '$where',
    "';--",
    '{}',
    'null',
    'x'.repeat(4_000),
  ),
);

const anyJson = fc.oneof(
  fc.jsonValue({ stringUnit: 'binary' }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '1e999',
    '-0',
    '12345678901234567890',
    '"\\ud800"',
    '{"__proto__":{"a":1}}',
    '{"constructor":{"prototype":{}}}',
    '{"$where":"1","a.b":{"$set":1},"":0,".":1,"$ref":"x","$id":1}',
    '{"a\\u0000b":1}',
    '{"toBSON":1,"_bsontype":"ObjectId"}',
    '{"$date":"x","$numberLong":"1"}',
    `${'['.repeat(70)}${']'.repeat(70)}`,
    `${'{"a":'.repeat(63)}1${'}'.repeat(63)}`,
    `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  ),
);

/** Few, so that requests meet each other's instances. */
const knownIds = ['i-1', 'i-2', 'i-3', 'ü/1'];
const rightId = fc.constantFrom(...knownIds).map(encodeURIComponent);
const oddId = fc.oneof(
  anyText.map(encodeURIComponent),
  fc.constantFrom('%ZZ', '%', '%E0%A4%A', '%00', '%2F', '%2e%2e', '..', '.', 'last_operation', 'a;b=c', '%FF%FE', '*'),
);
const id = mostly(rightId, oddId, 8);

const path = mostly(
  fc.oneof(
    { weight: 1, arbitrary: fc.constant('/v2/catalog') },
    { weight: 6, arbitrary: id.map((instance) => `/v2/service_instances/${instance}`) },
    { weight: 2, arbitrary: id.map((instance) => `/v2/service_instances/${instance}/last_operation`) },
    {
      weight: 6,
      arbitrary: fc.tuple(id, id).map(([i, b]) => `/v2/service_instances/${i}/service_bindings/${b}`),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(id, id).map(([i, b]) => `/v2/service_instances/${i}/service_bindings/${b}/last_operation`),
    },
  ),
  fc.oneof(
    fc.constantFrom('/', '/v2', '/v2/', '/v2/service_instances', '/v2//service_instances/i-1', '/V2/catalog/'),
    fc.tuple(id, id).map(([a, b]) => `/v2/${a}/${b}`),
  ),
  20,
);

const printable = fc.stringMatching(/^[!-~]([ -~]{0,60}[!-~])?$/);
const latin = fc.stringMatching(/^[!-~\u00a1-\u00ff]{1,30}$/);

const originatingIdentity = fc.oneof(
  anyJson.map((json) => `cloudfoundry ${Buffer.from(json).toString('base64')}`).filter((text) => text.length < 8_000),
  fc.constant(`kubernetes ${Buffer.from(`${'{"a":'.repeat(900)}1${'}'.repeat(900)}`).toString('base64')}`),
  fc.oneof(printable, latin),
);

const headers = fc.record(
  {
    authorization: mostly(
      fc.constant(`Basic ${Buffer.from('platform:secret').toString('base64')}`),
      fc.oneof(
        printable,
        anyText.map((text) => `Basic ${Buffer.from(text).toString('base64')}`),
      ),
      30,
    ),
    'x-broker-api-version': mostly(
      fc.constantFrom('2.13', '2.14', '2.15', '2.16', '2.17', '2.99'),
      fc.oneof(printable, fc.constantFrom('2.12', '3.0', '2.99999999999999999999', '2.017', '-2.17')),
      30,
    ),
    'x-broker-api-request-identity': mostly(fc.uuid(), printable),
    'x-broker-api-originating-identity': originatingIdentity,
    'content-type': mostly(fc.constant('application/json'), fc.oneof(printable, fc.constant('text/plain')), 20),
    'content-encoding': mostly(fc.constant('identity'), fc.constantFrom('gzip', 'br', 'x', ''), 20),
    'if-none-match': printable,
    'if-modified-since': printable,
  },
  { requiredKeys: ['authorization', 'x-broker-api-version', 'x-broker-api-request-identity', 'content-type'] },
);

/** Mostly the first of them, so that requests agree. */
const oneOf = (sold: readonly [Sold, ...Sold[]]) => mostly(fc.constant(sold[0]), fc.constantFrom(...sold), 8);

const queryOf = (sold: readonly [Sold, ...Sold[]]) => {
  const none: readonly (readonly [string, string])[] = [];
  const usual = oneOf(sold).map((ids): typeof none => Object.entries({ accepts_incomplete: 'true', ...ids }));
  const odd: Arbitrary<typeof none> = fc.array(
    fc.tuple(
      fc.oneof(fc.constantFrom('accepts_incomplete', 'service_id', 'plan_id', 'operation', 'a[b][c]', '[]'), anyText),
      fc.oneof(fc.constantFrom('true', 'false', ''), anyText),
    ),
    { maxLength: 5 },
  );
  return fc.tuple(mostly(usual, fc.constant(none), 12), mostly(fc.constant(none), odd, 12)).map(([one, two]) => {
    const pairs = [...one, ...two].map((pair) => pair.map(encodeURIComponent).join('='));
    return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  });
};

const bodyOf = (sold: readonly [Sold, ...Sold[]], parameters: readonly string[]) => {
  const field = (usual: Arbitrary<string>) => mostly(usual, anyJson, 60);
  const text = (value: string) => field(fc.constant(JSON.stringify(value)));
  const object = field(
    fc.dictionary(anyText, fc.jsonValue({ stringUnit: 'binary' }), { maxKeys: 4 }).map((it) => JSON.stringify(it)),
  );
  const fields = (ids: Sold) =>
    fc.record(
      {
        service_id: text(ids.service_id),
        plan_id: text(ids.plan_id),
        organization_guid: text('o'),
        space_guid: text('s'),
        context: object,
        parameters: field(fc.constantFrom('{}', 'null', ...parameters)),
        maintenance_info: field(fc.constantFrom('{"version":"1.0.0"}', '{"version":"2.0.0"}', '{}', 'null')),
        previous_values: object,
        app_guid: text('app'),
        bind_resource: object,
        x: anyJson,
      },
      { requiredKeys: ['service_id', 'plan_id', 'organization_guid', 'space_guid'] },
    );
  const asText = (all: object) => `{${Object.entries(all).map(([name, json]) => `"${name}":${json}`)}}`;
  const right = oneOf(sold).chain(fields);
  const rotating = fc.constantFrom(...knownIds).map((id) => ({ predecessor_binding_id: JSON.stringify(id) }));
  const odd = fc.oneof(anyText, anyJson, fc.constant(`{"x":"${'x'.repeat(1_100_000)}"}`), fc.constant('{"a":1,"a":2'));
  return mostly(mostly<object>(right, rotating).map(asText), odd, 30);
};

/** @param sold what the catalog has */
export function generatedRequest(sold: readonly [Sold, ...Sold[]]): Arbitrary<GeneratedRequest> {
  const method = fc.oneof(
    { weight: 5, arbitrary: fc.constant('PUT') },
    { weight: 3, arbitrary: fc.constantFrom('PATCH', 'DELETE', 'GET') },
    { weight: 1, arbitrary: fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'POST', 'PROPFIND') },
  );
  const bodies = {
    instance: bodyOf(sold, ['{"colour":"red"}', '{"colour":"blue"}', '{"colour":"black"}']),
    binding: bodyOf(sold, ['{"role":"read"}', '{"role":"write"}']),
  };
  return path.chain((path) =>
    fc
      .tuple(method, queryOf(sold), headers, bodies[path.includes('service_bindings') ? 'binding' : 'instance'])
      .map(([method, query, headers, body]) => ({
        method,
        target: `${path}${query}`,
        headers: headers as Readonly<Record<string, string>>,
        ...(['PUT', 'PATCH', 'POST'].includes(method) && { body }),
      })),
  );
}
