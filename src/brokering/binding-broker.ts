import type { Catalog } from '../catalog/catalog.js';
import { newIdentifier } from '../store/identifier.js';
import type { OperationsRepository } from '../store/operations.repository.js';
import type { ServiceBindingRecord, ServiceInstanceRecord } from '../store/records.js';
import type { ServiceBindingsRepository } from '../store/service-bindings.repository.js';
import type { ServiceInstancesRepository } from '../store/service-instances.repository.js';
import type { Acceptance } from './acceptance.js';
import { decideBind } from './bind.js';
import { isRemembered, tellOperation } from './last-operation.js';
import { Refusal } from './refusal.js';
import type {
  Accepted,
  BindingAddress,
  BindingView,
  BindRequest,
  LastOperation,
  LastOperationRequest,
  UnbindRequest,
  Unchanged,
} from './requests.js';
import { bindingOf, instanceOf } from './service-arguments.js';
import type { ServiceBindings } from './service-bindings.js';
import type { Services } from './services.js';
import { decideUnbind } from './unbind.js';

export class BindingBroker implements ServiceBindings {
  constructor(
    private readonly catalog: Catalog,
    private readonly services: Services,
    private readonly instances: ServiceInstancesRepository,
    private readonly bindings: ServiceBindingsRepository,
    private readonly operations: OperationsRepository,
    private readonly acceptance: Acceptance,
    private readonly deletedGraceSeconds: number,
  ) {}

  async bind(request: BindRequest): Promise<Accepted | Unchanged> {
    const decide = async () => {
      const { instance, binding } = await this.#living(request);
      const existing = binding && { record: binding, parameters: this.bindings.parametersOf(binding) };
      return decideBind(request, { sold: this.catalog.find(request.serviceId, request.planId), instance, existing });
    };
    return await this.acceptance.settle(decide, ({ instance }) => this.#create(request, instance));
  }

  async #create(request: BindRequest, instance: ServiceInstanceRecord): Promise<string> {
    const id = newIdentifier();
    const version = this.services.of(instance.service).bind.current;
    return await this.acceptance.accept(
      this.#work('bind', version, request, instance, id),
      async (operation, session) => {
        if (!(await this.instances.touch(instance, session))) return false;
        const binding: ServiceBindingRecord = {
          _id: id,
          platform: request.caller.platform,
          bindingId: request.bindingId,
          instance: instance._id,
          living: true,
          phase: 'creating',
          serviceId: request.serviceId,
          planId: request.planId,
          ...(request.appGuid !== undefined && { appGuid: request.appGuid }),
          bindResource: request.bindResource,
          context: request.context,
          parameters: this.bindings.seal(id, 'parameters', request.parameters),
          lastOperation: operation,
          createdAt: new Date(),
        };
        await this.bindings.insert(binding, session);
        return true;
      },
    );
  }

  async unbind(request: UnbindRequest): Promise<Accepted> {
    const decide = async () => {
      const { instance, binding } = await this.#living(request);
      return decideUnbind(request, { instance, existing: binding });
    };
    return await this.acceptance.settle(decide, ({ instance, existing }) => this.#delete(request, instance, existing));
  }

  async #delete(
    request: UnbindRequest,
    instance: ServiceInstanceRecord,
    existing: ServiceBindingRecord,
  ): Promise<string> {
    const version = this.services.of(instance.service).unbind.current;
    const work = this.#work('unbind', version, request, instance, existing._id);
    return await this.acceptance.accept(work, async (operation, session) => {
      if (!(await this.instances.touch(instance, session))) return false;
      const claimed = await this.bindings.claim(existing, { phase: 'deleting', lastOperation: operation }, session);
      if (claimed) await this.operations.supersede(existing._id, session);
      return claimed;
    });
  }

  #work(
    kind: 'bind' | 'unbind',
    procedureVersion: number,
    { caller, instanceId, bindingId }: BindingAddress,
    instance: ServiceInstanceRecord,
    binding: string,
  ) {
    const { service, plan, _id } = instance;
    const { maximumPollingDuration } = plan;
    const addressed = { caller, instanceId, bindingId };
    return { kind, service, procedureVersion, instance: _id, binding, maximumPollingDuration, ...addressed };
  }

  async fetch(address: BindingAddress): Promise<BindingView> {
    const { instance, binding } = await this.#living(address);
    const instanceSecrets = instance && this.instances.secretsOf(instance);
    const bindingSecrets = binding && this.bindings.secretsOf(binding);
    if (binding?.instance !== instance?._id || binding?.phase !== 'ready' || !instanceSecrets || !bindingSecrets) {
      throw new Refusal('absent', 'the instance has no binding of this id that can be used');
    }
    const service = this.services.of(instance.service);
    const parameters = this.bindings.parametersOf(binding);
    const bound = instanceOf(instance, this.instances.parametersOf(instance), instanceSecrets);
    return {
      credentials: service.credentials(bound, bindingOf(binding, parameters, bindingSecrets)),
      endpoints: service.endpoints(bound),
      parameters,
    };
  }

  async lastOperation(address: BindingAddress, { operation: hint }: LastOperationRequest): Promise<LastOperation> {
    const newest = await this.bindings.findNewest(address.caller.platform, address.bindingId);
    const binding = (hint !== undefined && (await this.#formerOf(address, hint))) || newest;
    const instance = binding && (await this.instances.find(binding.instance));
    if (!binding || instance?.instanceId !== address.instanceId) {
      throw new Refusal('absent', 'the instance has no binding of this id');
    }
    if (!binding.living && !isRemembered(binding.deletedAt, this.deletedGraceSeconds, new Date())) {
      throw new Refusal('gone', 'the binding is deleted');
    }
    const operation = await this.operations.find(binding.lastOperation);
    if (!operation) throw new Refusal('absent', 'the binding has no operation');
    // An unbind that gave way to the deletion of the whole instance has got what it asked for.
    if (!binding.living && operation.state === 'superseded') return { ...tellOperation(operation), state: 'succeeded' };
    return tellOperation(operation);
  }

  /** The binding that an operation belongs to, where it had the same address: an id may have been used again since. */
  async #formerOf(address: BindingAddress, operationId: string): Promise<ServiceBindingRecord | undefined> {
    const operation = await this.operations.find(operationId);
    const binding = operation?.binding === undefined ? null : await this.bindings.find(operation.binding);
    const { platform } = address.caller;
    return binding?.platform === platform && binding.bindingId === address.bindingId ? binding : undefined;
  }

  async #living({ caller, instanceId, bindingId }: BindingAddress) {
    const [instance, binding] = await Promise.all([
      this.instances.findNewest(caller.platform, instanceId),
      this.bindings.findNewest(caller.platform, bindingId),
    ]);
    return { instance: instance?.living ? instance : undefined, binding: binding?.living ? binding : undefined };
  }
}
