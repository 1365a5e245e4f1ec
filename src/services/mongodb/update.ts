import type { Procedure } from '../../operations/step.js';
import type { Instance, Keep } from '../service.js';
import { type Environment, topicsOf } from './environment.js';
import { applySettings } from './replica-set/server-settings.js';
import type { InstanceSecrets } from './secrets.js';
import { settingsOf } from './settings.js';
import type { Template } from './template.js';
import { topologyOf } from './topology.js';

/** Everything, not only what the update names: an update before it may have ended halfway. */
export function update(environment: Environment, instance: Instance<Template, InstanceSecrets>, keep: Keep): Procedure {
  const topology = topologyOf(environment, instance);
  return {
    topics: topicsOf(topology.shape.instance.namespace),
    stages: [...topology.resize(keep), ...applySettings(topology, settingsOf(instance.parameters))],
  };
}
