import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import type { Caller } from '../brokering/requests.js';
import { Rotations } from '../brokering/rotations.js';
import { Documented, DocumentedTag } from '../osb/documented.js';
import { From } from '../osb/from.js';
import { askerOf } from '../osb/request-context.js';
import { rotationAnswer } from './answer-schemas.js';
import { operationExample } from './examples.js';

@DocumentedTag('Operators')
@Controller('operators/instances/:id/rotations')
export class OperatorsRotationsController {
  constructor(private readonly rotations: Rotations) {}

  @Documented({
    summary: "Exchange secrets of an instance's servers, while apps go on",
    answers: {
      202: {
        description: 'It runs; see the operation at /operators/operations',
        schema: rotationAnswer,
        example: { operation: operationExample.id },
      },
    },
    parameters: {
      id: { description: 'Internal id' },
      what: {
        description: 'What the instance’s service can rotate: of MongoDB certificates, authority or key-file',
        example: 'key-file',
      },
    },
    failures: ['absent', 'invalid', 'concurrency'],
  })
  @Post(':what')
  @HttpCode(202)
  async rotate(
    @Param('id') id: string,
    @Param('what') what: string,
    @From(askerOf) asker: Omit<Caller, 'platform'>,
  ): Promise<object> {
    const { operation } = await this.rotations.rotate(id, what, asker);
    return { operation };
  }
}
