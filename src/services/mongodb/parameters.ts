import type { ParameterSchemas } from '../service.js';
import { accessSchema } from './access.js';
import { settingsSchema } from './settings.js';

export const parameterSchemas: ParameterSchemas = {
  provision: settingsSchema,
  update: settingsSchema,
  bind: accessSchema,
};
