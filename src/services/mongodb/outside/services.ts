import type { V1Service } from '@kubernetes/client-node';
import { serviceKind } from '../kinds.js';
import { mongodbPort, outsideName } from '../names.js';
import type { Typed } from '../replica-set/manifests.js';
import {
  componentSelector,
  type InstanceIdentity,
  instanceLabels,
  instanceSelector,
  metadataOf,
} from '../replica-set/replica-set.js';
import { entrancePods, type Shape } from '../shape.js';
import type { Outside } from '../template.js';

/** https://kubernetes-sigs.github.io/external-dns/latest/docs/annotations/annotations/ */
const hostnameAnnotation = 'external-dns.alpha.kubernetes.io/hostname';

/** What is the same in all of these Services. */
export const outsideSelector = (instance: InstanceIdentity) => componentSelector(instance, 'outside');

/** A Service for each server that apps connect to, since a driver has to reach every one of them by itself. */
export function outsideServices(shape: Shape): readonly Typed<V1Service>[] {
  const { outside, instance } = shape;
  return outside ? entrancePods(shape).map((pod) => outsideService(instance, outside, pod)) : [];
}

function outsideService(instance: InstanceIdentity, outside: Outside, pod: string): Typed<V1Service> {
  const metadata = metadataOf(instance, pod, { ...instanceLabels(instance), ...outsideSelector(instance) });
  const annotations = {
    ...outside.annotations,
    ...metadata.annotations,
    [hostnameAnnotation]: outsideName(instance.namespace, outside.domain, pod),
  };
  return {
    ...serviceKind,
    metadata: { ...metadata, annotations },
    spec: {
      type: outside.exposure === 'node-port' ? 'NodePort' : 'LoadBalancer',
      // Drivers find out by themselves whom to ask for what; a member that recovers says so.
      publishNotReadyAddresses: true,
      selector: { ...instanceSelector(instance), 'statefulset.kubernetes.io/pod-name': pod },
      ports: [{ name: 'mongodb', port: mongodbPort, targetPort: 'mongodb', protocol: 'TCP' }],
    },
  };
}

/** Whether a cloud has still to make its load balancer. */
export function isPending({ spec, status }: V1Service): boolean {
  return spec?.type === 'LoadBalancer' && (status?.loadBalancer?.ingress ?? []).length === 0;
}

/** By which port it is reached from outside: of nodes, one that the cluster chose when the Service was made. */
export function outsidePort({ spec }: V1Service): number {
  if (spec?.type !== 'NodePort') return mongodbPort;
  const nodePort = spec.ports?.[0]?.nodePort;
  if (nodePort === undefined) throw new Error('the cluster gave a Service no node port');
  return nodePort;
}
