import type { Procedure } from '../../operations/step.js';
import type { Instance, Keep } from '../service.js';
import { type Environment, topicsOf } from './environment.js';
import { applyObjects, prepareNamespace } from './objects.js';
import { expose } from './outside/expose.js';
import { applySettings } from './replica-set/server-settings.js';
import type { InstanceSecrets } from './secrets.js';
import { areDefaults, settingsOf } from './settings.js';
import type { Template } from './template.js';
import { topologyOf } from './topology.js';

export function provision(
  environment: Environment,
  instance: Instance<Template, InstanceSecrets>,
  keep: Keep,
): Procedure {
  const topology = topologyOf(environment, instance);
  const settings = settingsOf(instance.parameters);
  return {
    topics: topicsOf(topology.shape.instance.namespace),
    stages: [
      [prepareNamespace(environment, topology.shape.instance)],
      [applyObjects(environment, topology, instance.secrets), ...expose(environment.cluster, topology.shape, keep)],
      ...topology.bringUp(),
      ...(areDefaults(settings) ? [] : applySettings(topology, settings)),
    ],
  };
}
