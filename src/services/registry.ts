import { mongodbService } from './mongodb/service.js';
import type { AnyService } from './service.js';
import type { ServiceParts } from './service-parts.js';

/** Every service that this build has. */
export function createServices(parts: ServiceParts): readonly AnyService[] {
  return [mongodbService(parts)];
}
