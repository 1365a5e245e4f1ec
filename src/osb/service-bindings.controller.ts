import { Controller, Delete, Get, Put, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type {
  BindingAddress,
  BindRequest,
  LastOperationRequest,
  Patience,
  UnbindRequest,
} from '../brokering/requests.js';
import { ServiceBindings } from '../brokering/service-bindings.js';
import { boundAnswer, emptyAnswer, serviceBindingAnswer } from './answer-schemas.js';
import * as answers from './answers.js';
import { Documented, DocumentedController } from './documented.js';
import {
  accepted,
  bindingExample,
  hintIds,
  ids,
  mayAcceptIncomplete,
  operationHint,
  polled,
  requiredIds,
} from './documented-parts.js';
import { From } from './from.js';
import { apiVersionOf } from './request-context.js';
import { bindOrRotateBody } from './request-schemas.js';
import { bindingAddress, bindRequest, lastOperationRequest, patienceOf, unbindRequest } from './requests.js';

@DocumentedController('Service bindings', {
  instance_id: "The platform's id of the instance",
  binding_id: "The platform's id of the binding",
})
@Controller('v2/service_instances/:instance_id/service_bindings/:binding_id')
export class ServiceBindingsController {
  constructor(private readonly bindings: ServiceBindings) {}

  /** OSB › Binding */
  @Documented({
    summary: 'Bind an app to an instance, or have a binding followed by another',
    query: mayAcceptIncomplete,
    body: {
      schema: bindOrRotateBody,
      examples: {
        'for an app': { ...ids, bind_resource: { app_guid: 'app-1' }, parameters: { role: 'readWrite' } },
        'after another binding': { predecessor_binding_id: 'binding-1' },
      },
    },
    answers: {
      200: { description: 'It exists as asked for', schema: boundAnswer, example: bindingExample },
      201: { description: 'It was made', schema: boundAnswer, example: bindingExample },
      202: accepted('It is being made; its credentials are fetched when it is done'),
    },
    failures: [
      'malformed',
      'invalid',
      'absent',
      'conflict',
      'too-large',
      'concurrency',
      'unprocessable',
      'failed',
      'late',
    ],
  })
  @Put()
  async bind(
    @From(bindRequest) request: BindRequest,
    @From(patienceOf) patience: Patience,
    @Req() http: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    const outcome = await this.bindings.bind(request, patience);
    if (outcome.kind === 'accepted') return answers.accepted(response, outcome);
    const binding = await this.bindings.fetch(request);
    return answers.bound(response, binding, outcome, apiVersionOf(http));
  }

  /** OSB › Fetching a Service Binding */
  @Documented({
    summary: 'Fetch a binding with its credentials',
    query: hintIds,
    answers: {
      200: {
        description: 'The binding',
        schema: serviceBindingAnswer,
        example: { ...bindingExample, parameters: { role: 'readWrite' } },
      },
    },
    failures: ['absent'],
  })
  @Get()
  async fetch(@From(bindingAddress) address: BindingAddress, @Req() http: Request): Promise<object> {
    return answers.serviceBinding(await this.bindings.fetch(address), apiVersionOf(http));
  }

  /** OSB › Unbinding */
  @Documented({
    summary: 'Unbind an app from an instance',
    query: { ...mayAcceptIncomplete, ...requiredIds },
    answers: {
      200: { description: 'Its credentials are revoked', schema: emptyAnswer, example: {} },
      202: accepted('Its credentials are being revoked'),
    },
    failures: ['invalid', 'gone', 'concurrency', 'failed', 'late'],
  })
  @Delete()
  async unbind(
    @From(unbindRequest) request: UnbindRequest,
    @From(patienceOf) patience: Patience,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    const outcome = await this.bindings.unbind(request, patience);
    return outcome.kind === 'accepted' ? answers.accepted(response, outcome) : {};
  }

  /** OSB › Polling Last Operation for Service Bindings */
  @Documented({
    summary: 'How the latest operation of a binding goes',
    query: { ...hintIds, ...operationHint },
    answers: { 200: polled },
    failures: ['absent', 'gone'],
  })
  @Get('last_operation')
  async lastOperation(
    @From(bindingAddress) address: BindingAddress,
    @From(lastOperationRequest) request: LastOperationRequest,
    @Req() http: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    const last = await this.bindings.lastOperation(address, request);
    return answers.lastOperation(response, last, apiVersionOf(http));
  }
}
