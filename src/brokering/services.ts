import { OperatorError } from '../operations/errors.js';
import type { AnyService } from '../services/service.js';

/** The services that this build has, by name. */
export class Services {
  readonly byName: ReadonlyMap<string, AnyService>;

  constructor(services: readonly AnyService[]) {
    this.byName = new Map(services.map((service) => [service.name, service]));
  }

  of(name: string): AnyService {
    const service = this.byName.get(name);
    if (!service) throw new OperatorError(`this release has no service ${name}`);
    return service;
  }
}
