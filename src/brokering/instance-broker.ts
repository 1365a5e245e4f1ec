import type { Catalog, Sold } from '../catalog/catalog.js';
import { newIdentifier } from '../store/identifier.js';
import type { OperationsRepository } from '../store/operations.repository.js';
import type { ServiceInstanceRecord } from '../store/records.js';
import type { PolledInstance, ServiceInstancesRepository } from '../store/service-instances.repository.js';
import type { Acceptance } from './acceptance.js';
import { decideDeprovision } from './deprovision.js';
import { isRemembered, tellOperation } from './last-operation.js';
import { decideProvision } from './provision.js';
import type { QueueOrder } from './queue-order.js';
import { Refusal } from './refusal.js';
import type {
  Accepted,
  DeprovisionRequest,
  InstanceAddress,
  InstanceView,
  LastOperation,
  LastOperationRequest,
  ProvisionRequest,
  Unchanged,
  UpdateRequest,
} from './requests.js';
import { resolve } from './resolved-plan.js';
import { unopenedInstanceOf } from './service-arguments.js';
import type { ServiceInstances } from './service-instances.js';
import type { Services } from './services.js';
import { decideUpdate, type UpdateView } from './update.js';

export class InstanceBroker implements ServiceInstances {
  constructor(
    private readonly catalog: Catalog,
    private readonly services: Services,
    private readonly instances: ServiceInstancesRepository,
    private readonly operations: OperationsRepository,
    private readonly queueOrder: QueueOrder,
    private readonly acceptance: Acceptance,
    private readonly deletedGraceSeconds: number,
  ) {}

  async provision(request: ProvisionRequest): Promise<Accepted | Unchanged> {
    const decide = async () => {
      const record = await this.#living(request);
      const existing = record && { record, parameters: this.instances.parametersOf(record) };
      return decideProvision(request, { sold: this.catalog.find(request.serviceId, request.planId), existing });
    };
    return await this.acceptance.settle(decide, ({ sold }) => this.#create(request, sold));
  }

  async #create(request: ProvisionRequest, { offering, plan }: Sold): Promise<Accepted> {
    const { caller, instanceId } = request;
    const { service } = offering;
    const id = newIdentifier();
    const work = {
      kind: 'provision' as const,
      service: service.name,
      procedureVersion: service.provision.current,
      instance: id,
      maximumPollingDuration: plan.maximumPollingDuration,
      caller,
      instanceId,
    };
    return await this.acceptance.accept(work, (operation) => ({
      instance: this.instances.insertion({
        _id: id,
        platform: caller.platform,
        instanceId,
        living: true,
        phase: 'creating',
        service: service.name,
        serviceId: request.serviceId,
        planId: request.planId,
        plan: resolve(plan, service.templateVersion),
        organizationGuid: request.organizationGuid,
        spaceGuid: request.spaceGuid,
        context: request.context,
        parameters: this.instances.seal(id, 'parameters', request.parameters),
        revision: 0,
        lastOperation: operation,
        createdAt: new Date(),
      }),
    }));
  }

  async update(request: UpdateRequest): Promise<Accepted | Unchanged> {
    const decide = async () => decideUpdate(request, await this.#updateView(request));
    const outcome = await this.acceptance.settle(decide, async ({ record, form, needsWork }) => {
      const { parameters, ...rest } = form;
      const work = this.#work('update', request, record);
      if (!needsWork) return await this.acceptance.apply(work, this.instances.claim(record, rest));
      const update = { ...rest, parameters: this.instances.seal(record._id, 'parameters', parameters) };
      return await this.acceptance.accept(work, (operation) => ({
        instance: this.instances.claim(record, { phase: 'updating', lastOperation: operation, update }),
      }));
    });
    return outcome.kind === 'accepted' ? outcome : { kind: 'unchanged' };
  }

  async #updateView(request: UpdateRequest): Promise<UpdateView> {
    const { serviceId, planId } = request;
    const record = await this.#living(request);
    const current = record && this.catalog.find(record.serviceId, record.planId);
    const pending = record && this.instances.pendingParametersOf(record);
    const service = record && this.services.of(record.service);
    return {
      current,
      wanted: planId === undefined ? current : this.catalog.find(serviceId, planId),
      existing: record && { record, parameters: this.instances.parametersOf(record), ...(pending && { pending }) },
      refusal: (from, to) => service?.refuseUpdate(from, to),
    };
  }

  async deprovision(request: DeprovisionRequest): Promise<Accepted> {
    const decide = async () => decideDeprovision(request, await this.#living(request));
    return await this.acceptance.settle(decide, ({ existing }) => this.#delete(request, existing));
  }

  async #delete(request: DeprovisionRequest, existing: ServiceInstanceRecord): Promise<Accepted> {
    const work = this.#work('deprovision', request, existing);
    return await this.acceptance.accept(work, (operation) => ({
      instance: this.instances.claim(existing, { phase: 'deleting', lastOperation: operation }),
      supersedes: 'instance',
    }));
  }

  #work(kind: 'update' | 'deprovision', { caller, instanceId }: InstanceAddress, existing: ServiceInstanceRecord) {
    const { _id: instance, service } = existing;
    const { maximumPollingDuration } = existing.plan;
    const procedureVersion = this.services.of(service)[kind].current;
    return { kind, service, procedureVersion, instance, maximumPollingDuration, caller, instanceId };
  }

  async fetch(address: InstanceAddress): Promise<InstanceView> {
    const instance = await this.#living(address);
    if (!instance || instance.phase === 'creating') throw new Refusal('absent', 'there is no instance of this id yet');
    if (instance.phase === 'deleting') throw new Refusal('concurrency', 'the instance is being deleted');
    if (instance.phase === 'updating') throw new Refusal('concurrency', 'the instance is being updated');
    const { serviceId, planId, plan } = instance;
    return {
      serviceId,
      planId,
      parameters: this.instances.parametersOf(instance),
      metadata: this.services.of(instance.service).metadata(unopenedInstanceOf(instance)),
      ...(plan.maintenanceInfoVersion !== undefined && { maintenanceInfoVersion: plan.maintenanceInfoVersion }),
    };
  }

  async lastOperation(address: InstanceAddress, { operation: hint }: LastOperationRequest): Promise<LastOperation> {
    const newest = await this.instances.findNewestOperation(address.caller.platform, address.instanceId);
    const isOfNewest = hint === undefined || hint === newest?.lastOperation;
    const instance = (!isOfNewest && (await this.#formerOf(address, hint))) || newest;
    if (!instance) throw new Refusal('absent', 'there is no instance of this id');
    if (!instance.living && !isRemembered(instance.deletedAt, this.deletedGraceSeconds, new Date())) {
      throw new Refusal('gone', 'the instance is deleted');
    }
    const { operation } = instance;
    if (!operation) throw new Refusal('absent', 'the instance has no operation');
    if (operation.state !== 'queued') return tellOperation(operation);
    return tellOperation(operation, await this.queueOrder.countAhead(operation.acceptedAt));
  }

  /** The instance that an operation belongs to, where it had the same address: an id may have been used again since. */
  async #formerOf(address: InstanceAddress, operationId: string): Promise<PolledInstance | undefined> {
    const operation = await this.operations.find(operationId);
    if (!operation || operation.binding !== undefined) return undefined;
    const instance = await this.instances.findOperationOf(operation.instance);
    const { platform } = address.caller;
    return instance?.platform === platform && instance.instanceId === address.instanceId ? instance : undefined;
  }

  async #living({ caller, instanceId }: InstanceAddress): Promise<ServiceInstanceRecord | undefined> {
    return await this.instances.findLiving(caller.platform, instanceId);
  }
}
