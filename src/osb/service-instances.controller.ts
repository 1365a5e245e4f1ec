import { Controller, Delete, Get, Patch, Put, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type {
  DeprovisionRequest,
  InstanceAddress,
  LastOperationRequest,
  ProvisionRequest,
  UpdateRequest,
} from '../brokering/requests.js';
import { ServiceInstances } from '../brokering/service-instances.js';
import { emptyAnswer, serviceInstanceAnswer } from './answer-schemas.js';
import * as answers from './answers.js';
import { Documented, DocumentedController } from './documented.js';
import {
  accepted,
  acceptIncompleteUnlessContext,
  hintIds,
  ids,
  mustAcceptIncomplete,
  operationHint,
  polled,
  requiredIds,
} from './documented-parts.js';
import { From } from './from.js';
import { apiVersionOf } from './request-context.js';
import { provisionBody, updateBody } from './request-schemas.js';
import {
  deprovisionRequest,
  instanceAddress,
  lastOperationRequest,
  provisionRequest,
  updateRequest,
} from './requests.js';

@DocumentedController('Service instances', { instance_id: "The platform's id of the instance" })
@Controller('v2/service_instances/:instance_id')
export class ServiceInstancesController {
  constructor(private readonly instances: ServiceInstances) {}

  /** OSB › Provisioning */
  @Documented({
    summary: 'Provision an instance',
    query: mustAcceptIncomplete,
    body: {
      schema: provisionBody,
      examples: {
        'from Cloud Foundry': {
          ...ids,
          organization_guid: 'org-1',
          space_guid: 'space-1',
          context: { platform: 'cloudfoundry', instance_name: 'orders' },
          maintenance_info: { version: '1.0.0' },
        },
      },
    },
    answers: {
      200: { description: 'It exists as asked for', schema: emptyAnswer, example: {} },
      202: accepted('It is being provisioned'),
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
    answers: {
      200: {
        description: 'The instance',
        schema: serviceInstanceAnswer,
        example: {
          ...ids,
          parameters: {},
          maintenance_info: { version: '1.0.0' },
          metadata: { labels: { members: '3' }, attributes: { version: '8.0' } },
        },
      },
    },
    failures: ['absent', 'concurrency'],
  })
  @Get()
  async fetch(@From(instanceAddress) address: InstanceAddress, @Req() http: Request): Promise<object> {
    return answers.serviceInstance(await this.instances.fetch(address), apiVersionOf(http));
  }

  /** OSB › Updating a Service Instance */
  @Documented({
    summary: 'Update an instance',
    query: acceptIncompleteUnlessContext,
    body: {
      schema: updateBody,
      examples: {
        'other parameters': { service_id: ids.service_id, parameters: {} },
        'another context': { service_id: ids.service_id, context: { instance_name: 'orders-2' } },
        'the newest maintenance': { service_id: ids.service_id, maintenance_info: { version: '1.0.0' } },
      },
    },
    answers: {
      200: { description: 'It is as asked for', schema: emptyAnswer, example: {} },
      202: accepted('It is being updated'),
    },
    failures: [
      'malformed',
      'invalid',
      'absent',
      'too-large',
      'async-required',
      'maintenance-info',
      'unprocessable',
      'concurrency',
    ],
  })
  @Patch()
  async update(
    @From(updateRequest) request: UpdateRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    const outcome = await this.instances.update(request);
    return outcome.kind === 'accepted' ? answers.accepted(response, outcome) : {};
  }

  /** OSB › Deprovisioning */
  @Documented({
    summary: 'Deprovision an instance',
    query: { ...mustAcceptIncomplete, ...requiredIds },
    answers: { 202: accepted('It is being deprovisioned') },
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
    answers: { 200: polled },
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
