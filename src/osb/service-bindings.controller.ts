import { Controller, Delete, Get, Put, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { BindingAddress, BindRequest, LastOperationRequest, UnbindRequest } from '../brokering/requests.js';
import { ServiceBindings } from '../brokering/service-bindings.js';
import { acceptedAnswer, boundAnswer, serviceBindingAnswer } from './answer-schemas.js';
import * as answers from './answers.js';
import {
  acceptsIncomplete,
  Documented,
  DocumentedController,
  hintIds,
  lastOperationDocumented,
  operationHint,
  requiredIds,
} from './documented.js';
import { From } from './from.js';
import { apiVersionOf } from './request-context.js';
import { bindBody } from './request-schemas.js';
import { bindingAddress, bindRequest, lastOperationRequest, unbindRequest } from './requests.js';

@DocumentedController('Service bindings', {
  instance_id: "The platform's id of the instance",
  binding_id: "The platform's id of the binding",
})
@Controller('v2/service_instances/:instance_id/service_bindings/:binding_id')
export class ServiceBindingsController {
  constructor(private readonly bindings: ServiceBindings) {}

  /** OSB › Binding */
  @Documented({
    summary: 'Bind an app to an instance',
    query: acceptsIncomplete,
    body: bindBody,
    answers: {
      200: { description: 'It exists as asked for', schema: boundAnswer },
      202: { description: 'It is being made; its credentials are fetched when it is done', schema: acceptedAnswer },
    },
    failures: ['malformed', 'invalid', 'absent', 'conflict', 'too-large', 'async-required', 'concurrency'],
  })
  @Put()
  async bind(
    @From(bindRequest) request: BindRequest,
    @Req() http: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    const outcome = await this.bindings.bind(request);
    if (outcome.kind === 'accepted') return answers.accepted(response, outcome);
    return answers.bound(await this.bindings.fetch(request), apiVersionOf(http));
  }

  /** OSB › Fetching a Service Binding */
  @Documented({
    summary: 'Fetch a binding with its credentials',
    query: hintIds,
    answers: { 200: { description: 'The binding', schema: serviceBindingAnswer } },
    failures: ['absent'],
  })
  @Get()
  async fetch(@From(bindingAddress) address: BindingAddress, @Req() http: Request): Promise<object> {
    return answers.serviceBinding(await this.bindings.fetch(address), apiVersionOf(http));
  }

  /** OSB › Unbinding */
  @Documented({
    summary: 'Unbind an app from an instance',
    query: { ...acceptsIncomplete, ...requiredIds },
    answers: { 202: { description: 'Its credentials are being revoked', schema: acceptedAnswer } },
    failures: ['invalid', 'gone', 'async-required', 'concurrency'],
  })
  @Delete()
  async unbind(
    @From(unbindRequest) request: UnbindRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    return answers.accepted(response, await this.bindings.unbind(request));
  }

  /** OSB › Polling Last Operation for Service Bindings */
  @Documented({
    summary: 'How the latest operation of a binding goes',
    query: { ...hintIds, ...operationHint },
    answers: { 200: lastOperationDocumented },
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
