import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { replicaSetOf } from '../../../../src/services/mongodb/environment.js';
import {
  replicaSetManifests,
  serviceAccount,
  sharedManifests,
} from '../../../../src/services/mongodb/replica-set/manifests.js';
import { clientsPolicy } from '../../../../src/services/mongodb/replica-set/network-policies.js';
import { statefulSet } from '../../../../src/services/mongodb/replica-set/stateful-set.js';
import { templateSchema } from '../../../../src/services/mongodb/template.js';
import { environment, instance, plan, secrets } from './examples.js';

/** After an intended change: `npx vitest run --project unit test/unit/services --update`, and read the difference. */
describe('manifests', () => {
  const cases = [
    { golden: 'three-members', plan, brokerNamespace: 'holdfast', clusterAssignsIds: false },
    {
      golden: 'one-member-on-openshift',
      plan: { ...plan, members: 1, memoryRequest: '160Mi', storageClass: 'fast' },
      brokerNamespace: undefined,
      clusterAssignsIds: true,
    },
  ];
  it.each(cases)('$golden', async ({ golden, plan, brokerNamespace, clusterAssignsIds }) => {
    const set = replicaSetOf({ ...instance, template: templateSchema.parse(plan) }, environment);
    const manifests = [
      serviceAccount(set.instance),
      ...sharedManifests(set.instance, secrets, brokerNamespace),
      ...replicaSetManifests(set),
      statefulSet(set, { clusterAssignsIds }),
      clientsPolicy(set.instance, 'b-anywhere', undefined),
      clientsPolicy(set.instance, 'b-namespace', 'app-namespace'),
    ];
    const text = manifests.map((manifest) => stringify(manifest, { aliasDuplicateObjects: false })).join('---\n');
    await expect(text).toMatchFileSnapshot(`golden/${golden}.yaml`);
  });
});
