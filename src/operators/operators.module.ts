import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { OperatorsAuditController } from './audit.controller.js';
import { OperatorsInstancesController } from './instances.controller.js';
import { OperatorsOperationsController } from './operations.controller.js';
import { OperatorsRotationsController } from './rotations.controller.js';

@Module({
  controllers: [
    OperatorsInstancesController,
    OperatorsRotationsController,
    OperatorsOperationsController,
    OperatorsAuditController,
  ],
})
export class OperatorsModule {}

/**
 * The operators' API over HTTP: across platforms; nothing of it is secret.
 * @param parts give `OperatorsRepository` and `Rotations`
 */
export function operatorsModule(parts: Pick<ModuleMetadata, 'imports' | 'providers'>): DynamicModule {
  return { module: OperatorsModule, ...parts };
}
