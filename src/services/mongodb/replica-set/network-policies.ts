import type { Manifest } from '../../../kubernetes/cluster.js';
import { networkPolicyKind } from '../kinds.js';
import { mongodbPort } from '../names.js';
import { type InstanceIdentity, instanceLabels, instanceSelector, metadataOf } from './replica-set.js';

/** As the API has it: client-node's type says `_from`. */
type NetworkPolicy = Manifest & { readonly spec: object };

const mongodb = { port: mongodbPort, protocol: 'TCP' };
const dnsPorts = [53, 5353].flatMap((port) => [
  { port, protocol: 'UDP' },
  { port, protocol: 'TCP' },
]);

/** Servers reach each other and the cluster's DNS; the broker reaches them. Each binding lets its clients in besides. */
export function membersPolicy(instance: InstanceIdentity, brokerNamespace: string | undefined): NetworkPolicy {
  const members = { podSelector: { matchLabels: instanceSelector(instance) } };
  const broker = brokerNamespace === undefined ? [] : [podsOf(brokerNamespace)];
  return {
    ...networkPolicyKind,
    metadata: metadataOf(instance, 'members', instanceLabels(instance)),
    spec: {
      podSelector: { matchLabels: instanceSelector(instance) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [members, ...broker], ports: [mongodb] }],
      egress: [
        { to: [members], ports: [mongodb] },
        // Where the cluster's DNS runs, and on which port, differs: `kube-system`, `openshift-dns` (5353), the node itself.
        { ports: dnsPorts },
      ],
    },
  };
}

/**
 * @param entrance the labels of the pods that apps connect to
 * @param clientNamespace where the binding's app runs; `undefined` for anywhere
 */
export function clientsPolicy(
  instance: InstanceIdentity,
  name: string,
  entrance: Readonly<Record<string, string>>,
  clientNamespace: string | undefined,
): NetworkPolicy {
  return {
    ...networkPolicyKind,
    metadata: metadataOf(instance, name, instanceLabels(instance)),
    spec: {
      podSelector: { matchLabels: entrance },
      policyTypes: ['Ingress'],
      ingress: [{ ...(clientNamespace !== undefined && { from: [podsOf(clientNamespace)] }), ports: [mongodb] }],
    },
  };
}

function podsOf(namespace: string) {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } };
}
