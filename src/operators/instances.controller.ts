import { Controller, Get, Param } from '@nestjs/common';
import { Refusal } from '../brokering/refusal.js';
import { Documented, DocumentedTag } from '../osb/documented.js';
import { From } from '../osb/from.js';
import { type InstanceFilter, OperatorsRepository } from '../store/operators.repository.js';
import { instanceAnswer, instancesAnswer } from './answer-schemas.js';
import { instancesQueries } from './documented-queries.js';
import { bindingExample, instanceExample } from './examples.js';
import { instancesPage, type Page } from './queries.js';
import { bindingView, instanceView, pageOf } from './views.js';

@DocumentedTag('Operators')
@Controller('operators/instances')
export class OperatorsInstancesController {
  constructor(private readonly store: OperatorsRepository) {}

  @Documented({
    summary: 'Instances of all platforms',
    query: instancesQueries,
    answers: {
      200: { description: 'One page', schema: instancesAnswer, example: { instances: [instanceExample] } },
    },
    failures: ['malformed'],
  })
  @Get()
  async list(@From(instancesPage) { filter, after, limit }: Page<InstanceFilter, string>): Promise<object> {
    const instances = await this.store.instances(filter, after, limit);
    return pageOf('instances', instances, limit, instanceView, ({ _id }) => _id);
  }

  @Documented({
    summary: 'An instance with its bindings',
    answers: {
      200: {
        description: 'The instance; nothing of it that is secret',
        schema: instanceAnswer,
        example: { ...instanceExample, bindings: [bindingExample] },
      },
    },
    parameters: { id: { description: 'Internal id' } },
    failures: ['absent'],
  })
  @Get(':id')
  async inspect(@Param('id') id: string): Promise<object> {
    const instance = await this.store.instance(id);
    if (!instance) {
      throw new Refusal('absent', 'There is no instance of this internal id: list them at /operators/instances.');
    }
    const bindings = await this.store.bindingsOf(id);
    return { ...instanceView(instance), bindings: bindings.map(bindingView) };
  }
}
