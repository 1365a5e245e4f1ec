import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { OperatorsAuditController } from './audit.controller.js';
import { OperatorsInstancesController } from './instances.controller.js';
import { OperatorsOperationsController } from './operations.controller.js';

@Module({ controllers: [OperatorsInstancesController, OperatorsOperationsController, OperatorsAuditController] })
class OperatorsModule {}

/**
 * The operators' API over HTTP: it reads, across platforms, and changes nothing.
 * @param store gives `OperatorsRepository`
 */
export function operatorsModule(store: Pick<ModuleMetadata, 'imports' | 'providers'>): DynamicModule {
  return { module: OperatorsModule, ...store };
}
