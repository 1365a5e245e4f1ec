import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { outsideServices } from '../../../../src/services/mongodb/outside/services.js';
import {
  membersService,
  replicaSetManifests,
  serviceAccount,
  sharedManifests,
} from '../../../../src/services/mongodb/replica-set/manifests.js';
import { clientsPolicy } from '../../../../src/services/mongodb/replica-set/network-policies.js';
import { identityOf } from '../../../../src/services/mongodb/replica-set/replica-set.js';
import { statefulSet } from '../../../../src/services/mongodb/replica-set/stateful-set.js';
import { entranceOf, singleReplicaSetOf } from '../../../../src/services/mongodb/shape.js';
import {
  routersStatefulSet,
  setsOf,
  shardedClusterManifests,
} from '../../../../src/services/mongodb/sharded-cluster/manifests.js';
import { type ReplicaSetTemplate, templateSchema } from '../../../../src/services/mongodb/template.js';
import { environment, exposedShape, exposedSharded, instance, plan, secrets, sharded } from './examples.js';

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
    const template = templateSchema.parse(plan) as ReplicaSetTemplate;
    const shape = singleReplicaSetOf(identityOf(instance, environment), template);
    const { set } = shape;
    const manifests = [
      serviceAccount(set.instance),
      ...sharedManifests(set.instance, secrets, brokerNamespace),
      membersService(set),
      ...replicaSetManifests(set),
      statefulSet(set, { clusterAssignsIds }),
      clientsPolicy(set.instance, 'b-anywhere', entranceOf(shape), undefined),
      clientsPolicy(set.instance, 'b-namespace', entranceOf(shape), 'app-namespace'),
    ];
    await expect(textOf(manifests)).toMatchFileSnapshot(`golden/${golden}.yaml`);
  });

  it('sharded-cluster', async () => {
    const security = { clusterAssignsIds: false };
    const manifests = [
      ...shardedClusterManifests(sharded),
      ...setsOf(sharded).map((set) => statefulSet(set, security)),
      routersStatefulSet(sharded, security),
      clientsPolicy(sharded.instance, 'b-anywhere', entranceOf(sharded), undefined),
    ];
    await expect(textOf(manifests)).toMatchFileSnapshot('golden/sharded-cluster.yaml');
  });

  it('outside', async () => {
    const annotations = { 'example.com/internal': 'true', 'external-dns.alpha.kubernetes.io/ttl': '60' };
    const balanced = exposedShape({ members: 1, exposure: 'load-balancer', outside: { domain: 'a.org', annotations } });
    const manifests = [exposedShape({ members: 1 }), balanced, exposedSharded()].flatMap(outsideServices);
    await expect(textOf(manifests)).toMatchFileSnapshot('golden/outside.yaml');
  });

  it('have no Services of single servers where apps connect from the cluster only', () => {
    expect(outsideServices(sharded)).toEqual([]);
  });

  it('of the pods of an exposed set are those of any other', () => {
    const { set } = exposedShape();
    const other = exposedShape({ exposure: 'cluster', outside: undefined }).set;
    expect(set).toEqual(other);
  });
});

const textOf = (manifests: readonly object[]) =>
  manifests.map((manifest) => stringify(manifest, { aliasDuplicateObjects: false })).join('---\n');
