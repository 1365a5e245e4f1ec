import { Controller, Get, Param } from '@nestjs/common';
import { Refusal } from '../brokering/refusal.js';
import { Documented, DocumentedTag } from '../osb/documented.js';
import { From } from '../osb/from.js';
import { type OperationFilter, OperatorsRepository, type Place } from '../store/operators.repository.js';
import { operationAnswer, operationsAnswer } from './answer-schemas.js';
import { operationsQueries } from './documented-queries.js';
import { operationExample } from './examples.js';
import { operationsPage, type Page } from './queries.js';
import { afterOperation, operationView, pageOf } from './views.js';

@DocumentedTag('Operators')
@Controller('operators/operations')
export class OperatorsOperationsController {
  constructor(private readonly store: OperatorsRepository) {}

  @Documented({
    summary: 'Operations of all platforms, the newest first',
    query: operationsQueries,
    answers: {
      200: { description: 'One page', schema: operationsAnswer, example: { operations: [operationExample] } },
    },
    failures: ['malformed'],
  })
  @Get()
  async list(@From(operationsPage) { filter, after, limit }: Page<OperationFilter, Place>): Promise<object> {
    const operations = await this.store.operations(filter, after, limit);
    return pageOf('operations', operations, limit, operationView, afterOperation);
  }

  @Documented({
    summary: 'An operation with its steps',
    answers: { 200: { description: 'The operation', schema: operationAnswer, example: operationExample } },
    parameters: { id: { description: 'As the platform was told it' } },
    failures: ['absent'],
  })
  @Get(':id')
  async inspect(@Param('id') id: string): Promise<object> {
    const operation = await this.store.operation(id);
    if (!operation)
      throw new Refusal('absent', 'There is no operation of this id: list them at /operators/operations.');
    return operationView(operation);
  }
}
