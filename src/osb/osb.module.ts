import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { CatalogController } from './catalog.controller.js';
import { ServiceBindingsController } from './service-bindings.controller.js';
import { ServiceInstancesController } from './service-instances.controller.js';

@Module({ controllers: [CatalogController, ServiceInstancesController, ServiceBindingsController] })
export class OsbModule {}

/**
 * The Open Service Broker API over HTTP.
 * @param brokering gives `ServiceInstances`, `ServiceBindings` and `Catalog`, by their classes
 */
export function osbModule(brokering: Pick<ModuleMetadata, 'imports' | 'providers'>): DynamicModule {
  return { module: OsbModule, ...brokering };
}
