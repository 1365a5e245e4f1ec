/** As far as the definitions of Kubernetes and of its extensions use it. */
export interface Schema {
  readonly [keyword: string]: unknown;
  readonly properties?: Definitions;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
}

export type Definitions = Readonly<Record<string, Schema>>;

/** May be numbers as well as strings, whatever its definition says. */
const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

export function strictDefinitions(definitions: Definitions): Definitions {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => [
      name,
      name === quantity ? { type: ['string', 'number'] } : strict(schema),
    ]),
  );
}

/**
 * A definition as a schema that refuses fields it does not know: the API server drops those. What stands in `allOf`,
 * `anyOf` and `not` names only some of the fields, and is left as it is.
 */
export function strict(schema: Schema): Schema {
  if (schema.format === 'int-or-string' || schema['x-kubernetes-int-or-string']) return { type: ['string', 'integer'] };
  const { description, properties, items, additionalProperties: more, ...rest } = schema;
  const isClosed = properties && more === undefined && !schema['x-kubernetes-preserve-unknown-fields'];
  return {
    ...rest,
    ...(properties && { properties: strictDefinitions(properties) }),
    ...(items && { items: strict(items) }),
    ...(more !== undefined && { additionalProperties: typeof more === 'boolean' ? more : strict(more) }),
    ...(isClosed && { additionalProperties: false }),
  };
}
