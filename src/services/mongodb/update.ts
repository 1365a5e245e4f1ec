import type { Procedure } from '../../operations/step.js';
import type { Instance } from '../service.js';
import { type Environment, replicaSetOf, topicsOf } from './environment.js';
import { Members } from './members/members.js';
import { applySettings } from './replica-set/server-settings.js';
import type { InstanceSecrets } from './secrets.js';
import { settingsOf } from './settings.js';
import type { Template } from './template.js';

/** All settings, not only those that the update names: an update before it may have ended halfway. */
export function update(environment: Environment, instance: Instance<Template, InstanceSecrets>): Procedure {
  const set = replicaSetOf(instance, environment);
  const members = new Members(set, instance.secrets, environment.connections);
  return {
    topics: topicsOf(set.instance.namespace),
    stages: applySettings({ set, members, settings: settingsOf(instance.parameters) }),
  };
}
