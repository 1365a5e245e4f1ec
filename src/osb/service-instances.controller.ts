import { Controller, Delete, Get, Put, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type {
  DeprovisionRequest,
  InstanceAddress,
  LastOperationRequest,
  ProvisionRequest,
} from '../brokering/requests.js';
import { ServiceInstances } from '../brokering/service-instances.js';
import { acceptedAnswer, emptyAnswer, serviceInstanceAnswer } from './answer-schemas.js';
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
import { provisionBody } from './request-schemas.js';
import { deprovisionRequest, instanceAddress, lastOperationRequest, provisionRequest } from './requests.js';

@DocumentedController('Service instances', { instance_id: "The platform's id of the instance" })
@Controller('v2/service_instances/:instance_id')
export class ServiceInstancesController {
  constructor(private readonly instances: ServiceInstances) {}

  /** OSB › Provisioning */
  @Documented({
    summary: 'Provision an instance',
    query: acceptsIncomplete,
    body: provisionBody,
    answers: {
      200: { description: 'It exists as asked for', schema: emptyAnswer },
      202: { description: 'It is being provisioned', schema: acceptedAnswer },
    },
    failures: ['malformed', 'invalid', 'conflict', 'too-large', 'async-required', 'maintenance-info', 'concurrency'],
  })
  @Put()
  async provision(
    @From(provisionRequest) request: ProvisionRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    const outcome = await this.instances.provision(request);
    return outcome.kind === 'accepted' ? answers.accepted(response, outcome) : {};
  }

  /** OSB › Fetching a Service Instance */
  @Documented({
    summary: 'Fetch an instance',
    query: hintIds,
    answers: { 200: { description: 'The instance', schema: serviceInstanceAnswer } },
    failures: ['absent', 'concurrency'],
  })
  @Get()
  async fetch(@From(instanceAddress) address: InstanceAddress, @Req() http: Request): Promise<object> {
    return answers.serviceInstance(await this.instances.fetch(address), apiVersionOf(http));
  }

  /** OSB › Deprovisioning */
  @Documented({
    summary: 'Deprovision an instance',
    query: { ...acceptsIncomplete, ...requiredIds },
    answers: { 202: { description: 'It is being deprovisioned', schema: acceptedAnswer } },
    failures: ['malformed', 'invalid', 'gone', 'async-required', 'concurrency'],
  })
  @Delete()
  async deprovision(
    @From(deprovisionRequest) request: DeprovisionRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    return answers.accepted(response, await this.instances.deprovision(request));
  }

  /** OSB › Polling Last Operation for Service Instances */
  @Documented({
    summary: 'How the latest operation of an instance goes',
    query: { ...hintIds, ...operationHint },
    answers: { 200: lastOperationDocumented },
    failures: ['absent', 'gone'],
  })
  @Get('last_operation')
  async lastOperation(
    @From(instanceAddress) address: InstanceAddress,
    @From(lastOperationRequest) request: LastOperationRequest,
    @Req() http: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    const last = await this.instances.lastOperation(address, request);
    return answers.lastOperation(response, last, apiVersionOf(http));
  }
}
