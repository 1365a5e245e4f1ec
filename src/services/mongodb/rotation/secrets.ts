import { done, type Step } from '../../../operations/step.js';
import type { Environment } from '../environment.js';
import { secretManifests } from '../replica-set/manifests.js';
import type { InstanceIdentity } from '../replica-set/replica-set.js';
import type { InstanceSecrets } from '../secrets.js';

/** @param key of the step */
export function applySecrets(
  { cluster }: Environment,
  instance: InstanceIdentity,
  secrets: InstanceSecrets,
  key: string,
): Step {
  return {
    key,
    description: 'handing out the new secrets',
    async run({ signal }) {
      await Promise.all(secretManifests(instance, secrets).map((manifest) => cluster.apply(manifest, signal)));
      return done;
    },
  };
}
