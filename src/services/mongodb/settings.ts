import type { JsonObject } from '../service.js';

/**
 * What users set of a running instance, as they call it. The members keep it: it survives restarts and elections, and
 * setting it needs neither.
 */
export interface Settings {
  readonly read_only: boolean;
  readonly default_write_concern: 'majority' | '1';
  readonly default_read_concern: 'local' | 'majority' | 'available';
}

const defaults: Settings = { read_only: false, default_write_concern: 'majority', default_read_concern: 'local' };

export const settingNames = Object.keys(defaults) as readonly (keyof Settings)[];

export const settingsSchema: JsonObject = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: {
    read_only: {
      type: 'boolean',
      description: 'true: apps can read, and every write of theirs is refused (error 371, UserWritesBlocked)',
      default: defaults.read_only,
    },
    default_write_concern: {
      type: 'string',
      description:
        'how many members have a write before it is acknowledged, where the app does not say: a majority of them, so ' +
        'that it is never lost; or 1, the primary, which is faster. The uri of a binding says w=majority.',
      enum: ['majority', '1'] satisfies Settings['default_write_concern'][],
      default: defaults.default_write_concern,
    },
    default_read_concern: {
      type: 'string',
      description:
        'what a read answers, where the app does not say: local, what the member has; majority, only what can never ' +
        'be rolled back; available, as local, but on sharded clusters faster and possibly with orphaned documents',
      enum: ['local', 'majority', 'available'] satisfies Settings['default_read_concern'][],
      default: defaults.default_read_concern,
    },
  },
  additionalProperties: false,
};

/** @param parameters of an instance, valid by the schema above */
export function settingsOf(parameters: JsonObject): Settings {
  return { ...defaults, ...(parameters as Partial<Settings>) };
}

/** Whether a new replica set has them already. */
export function areDefaults(settings: Settings): boolean {
  return settingNames.every((name) => settings[name] === defaults[name]);
}
