import { openNamespace } from '../../kubernetes/access.js';
import { ClusterError, type Manifest } from '../../kubernetes/cluster.js';
import { OperatorError } from '../../operations/errors.js';
import { done, type Procedure, type Step } from '../../operations/step.js';
import type { Instance } from '../service.js';
import { type Environment, replicaSetOf, topicsOf } from './environment.js';
import { Members } from './members/members.js';
import { bringUp } from './replica-set/bring-up.js';
import { replicaSetManifests, serviceAccount, sharedManifests } from './replica-set/manifests.js';
import { instanceAnnotations, instanceLabels, type ReplicaSet } from './replica-set/replica-set.js';
import { applySettings } from './replica-set/server-settings.js';
import { statefulSet } from './replica-set/stateful-set.js';
import type { InstanceSecrets } from './secrets.js';
import { areDefaults, settingsOf } from './settings.js';
import type { Template } from './template.js';

export function provision(environment: Environment, instance: Instance<Template, InstanceSecrets>): Procedure {
  const set = replicaSetOf(instance, environment);
  const members = new Members(set, instance.secrets, environment.connections);
  const settings = settingsOf(instance.parameters);
  return {
    topics: topicsOf(set.instance.namespace),
    stages: [
      [prepareNamespace(environment, set)],
      [applyObjects(environment, set, instance.secrets)],
      ...bringUp({ cluster: environment.cluster, set, members, secrets: instance.secrets }),
      ...(areDefaults(settings) ? [] : applySettings({ set, members, settings })),
    ],
  };
}

function prepareNamespace({ cluster }: Environment, { instance }: ReplicaSet): Step {
  return {
    key: 'namespace',
    description: 'preparing the namespace',
    async run({ signal }) {
      const request = {
        name: instance.namespace,
        labels: { ...instanceLabels(instance), 'pod-security.kubernetes.io/enforce': 'restricted' },
        annotations: instanceAnnotations(instance),
        serviceAccount: serviceAccount(instance),
      };
      await openNamespace(cluster, request, signal);
      return done;
    },
  };
}

function applyObjects(environment: Environment, set: ReplicaSet, secrets: InstanceSecrets): Step {
  const { cluster, brokerNamespace } = environment;
  return {
    key: 'objects',
    description: 'creating the Kubernetes objects',
    async run({ signal }) {
      const clusterAssignsIds = await cluster.servesGroup('security.openshift.io', signal);
      const apply = (manifest: Manifest) => cluster.apply(manifest, signal);
      const needed = [...sharedManifests(set.instance, secrets, brokerNamespace), ...replicaSetManifests(set)];
      try {
        // The kubelet looks again only after half a second for what a pod lacks.
        await Promise.all(needed.map(apply));
        await apply(statefulSet(set, { clusterAssignsIds }));
      } catch (error) {
        if (!(error instanceof ClusterError && error.isInvalid)) throw error;
        throw new OperatorError('the cluster refuses an object of the plan', error.message, { cause: error });
      }
      return done;
    },
  };
}
