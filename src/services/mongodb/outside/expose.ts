import type { V1Service } from '@kubernetes/client-node';
import type { Cluster } from '../../../kubernetes/cluster.js';
import { done, type Stage, type Step, wait } from '../../../operations/step.js';
import type { JsonObject, Keep } from '../../service.js';
import { serviceKind } from '../kinds.js';
import { applyPlanned } from '../planned.js';
import { entrancePods, type Shape } from '../shape.js';
import { foundOf } from './hosts.js';
import { isPending, outsidePort, outsideSelector, outsideServices } from './services.js';

/** Opens an instance to apps outside of the cluster, where its plan says so, and keeps by which ports. */
export function expose(cluster: Cluster, shape: Shape, keep: Keep): readonly Step[] {
  if (!shape.outside) return [];
  const step: Step = {
    key: 'outside',
    description: 'opening the servers to apps outside of the cluster',
    async run({ signal }) {
      const services = await applyServices(cluster, shape, signal);
      const pending = services.filter(isPending);
      if (pending.length > 0) return wait(`waiting for the load balancers of ${namesOf(pending).join(', ')}`);
      await keep(foundIn(services));
      return done;
    },
  };
  return [step];
}

/** As `expose` keeps it; asked of the cluster, for steps that come before it is told to a procedure. */
export async function findOutside(cluster: Cluster, shape: Shape, signal: AbortSignal): Promise<JsonObject> {
  return foundIn(await applyServices(cluster, shape, signal));
}

/** Takes away the Services of servers that the instance does not have any more. */
export function withdraw(cluster: Cluster, shape: Shape): readonly Stage[] {
  const { outside, instance } = shape;
  if (!outside) return [];
  const { namespace } = instance;
  const step: Step = {
    key: 'outside-withdraw',
    description: 'closing what led to servers that are gone',
    async run({ signal }) {
      const wanted = new Set(entrancePods(shape));
      const found = await cluster.list<V1Service>(
        serviceKind,
        { namespace, labels: outsideSelector(instance) },
        signal,
      );
      const surplus = namesOf(found).filter((name) => !wanted.has(name));
      await Promise.all(surplus.map((name) => cluster.remove(serviceKind, { namespace, name }, signal)));
      // A Service ends when its load balancer has; one that is made anew before that would end with it.
      return surplus.length > 0 ? wait(`waiting for the Services ${surplus.join(', ')} to end`) : done;
    },
  };
  return [[step]];
}

/** What the cluster answers tells what it chose: nothing else needs to be read. */
function applyServices(cluster: Cluster, shape: Shape, signal: AbortSignal): Promise<readonly V1Service[]> {
  return applyPlanned(cluster, outsideServices(shape), signal);
}

const namesOf = (services: readonly V1Service[]) => services.map(({ metadata }) => metadata?.name ?? '');

const foundIn = (services: readonly V1Service[]): JsonObject =>
  foundOf(Object.fromEntries(services.map((service) => [service.metadata?.name ?? '', outsidePort(service)])));
