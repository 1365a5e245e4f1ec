import type { JsonObject } from '../../service.js';
import { outsideName } from '../names.js';
import { entrancePods, type Shape } from '../shape.js';

/** By which port each server is reached from outside of the cluster, by its pod. */
export type OutsidePorts = { readonly [pod: string]: number };

/** What the cluster chose is kept with the instance: what an app is given follows from the store alone. */
export const foundOf = (ports: OutsidePorts): JsonObject => ({ outsidePorts: ports });

const portsIn = (found: JsonObject | undefined) => (found?.outsidePorts ?? {}) as OutsidePorts;

/** `host:port` of each server that apps outside of the cluster connect to. */
export function outsideHosts(shape: Shape, found: JsonObject | undefined): readonly string[] {
  const { instance, outside } = shape;
  const ports = portsIn(found);
  return entrancePods(shape).flatMap((pod) =>
    outside && ports[pod] !== undefined ? `${outsideName(instance.namespace, outside.domain, pod)}:${ports[pod]}` : [],
  );
}
