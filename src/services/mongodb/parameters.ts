import type { JsonObject, ParameterSchemas } from '../service.js';
import { accessSchema } from './access.js';
import { settingsSchema } from './settings.js';
import { consentProperties, sizeProperties } from './sharded-cluster/size.js';
import type { Template } from './template.js';

export function parameterSchemas(template: Template): ParameterSchemas {
  if (template.topology === 'replica-set') {
    return { provision: settingsSchema, update: settingsSchema, bind: accessSchema };
  }
  const size = sizeProperties(template);
  return {
    provision: withProperties(settingsSchema, size),
    update: withProperties(settingsSchema, { ...size, ...consentProperties }),
    bind: accessSchema,
  };
}

function withProperties(schema: JsonObject, properties: JsonObject): JsonObject {
  return { ...schema, properties: { ...properties, ...(schema.properties as JsonObject) } };
}
