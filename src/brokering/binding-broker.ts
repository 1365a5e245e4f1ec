import type { Catalog } from '../catalog/catalog.js';
import type { AuditEventsRepository } from '../store/audit-events.repository.js';
import { newIdentifier } from '../store/identifier.js';
import type { OperationsRepository } from '../store/operations.repository.js';
import type { ServiceBindingRecord, ServiceInstanceRecord } from '../store/records.js';
import type { ServiceBindingsRepository } from '../store/service-bindings.repository.js';
import type { ServiceInstancesRepository } from '../store/service-instances.repository.js';
import type { Acceptance } from './acceptance.js';
import { type BindView, decideBind, type WantedBinding } from './bind.js';
import type { Completion } from './completion.js';
import { isRemembered, tellOperation } from './last-operation.js';
import { lifetimeFrom } from './lifetime.js';
import { Refusal } from './refusal.js';
import type {
  Accepted,
  BindingAddress,
  BindingView,
  BindRequest,
  Finished,
  LastOperation,
  LastOperationRequest,
  Patience,
  UnbindRequest,
  Unchanged,
} from './requests.js';
import { bindingOf, instanceOf } from './service-arguments.js';
import type { ServiceBindings } from './service-bindings.js';
import type { Services } from './services.js';
import { decideUnbind } from './unbind.js';

export interface BindingSettings {
  /** Seconds that last_operation remembers a deleted binding. */
  readonly deletedGraceSeconds: number;
  /** Seconds until a new binding expires; 0 for never. */
  readonly lifetimeSeconds: number;
}

export class BindingBroker implements ServiceBindings {
  constructor(
    private readonly catalog: Catalog,
    private readonly services: Services,
    private readonly instances: ServiceInstancesRepository,
    private readonly bindings: ServiceBindingsRepository,
    private readonly operations: OperationsRepository,
    private readonly acceptance: Acceptance,
    private readonly completion: Completion,
    private readonly audit: Pick<AuditEventsRepository, 'recordAlone'>,
    private readonly settings: BindingSettings,
  ) {}

  async bind(request: BindRequest, patience: Patience): Promise<Accepted | Finished | Unchanged> {
    const decide = async () => decideBind(request, await this.#bindView(request));
    const accept = ({ instance, wanted }: { instance: ServiceInstanceRecord; wanted: WantedBinding }) =>
      this.#create(request, instance, wanted);
    const outcome = await this.acceptance.settle(decide, accept);
    if (outcome.kind === 'unchanged') return outcome;
    return await this.#complete(outcome, patience, 'making the binding', () => this.#undo(request));
  }

  async #bindView(request: BindRequest): Promise<BindView> {
    const { platform } = request.caller;
    const successorOf = request.kind === 'successor' ? request.predecessorBindingId : undefined;
    const [{ instance, binding }, predecessor] = await Promise.all([
      this.#living(request),
      successorOf === undefined ? undefined : this.bindings.findLiving(platform, successorOf),
    ]);
    const ids = request.kind === 'new' ? request : instance;
    return {
      sold: ids && this.catalog.find(ids.serviceId, ids.planId),
      instance,
      existing: binding && this.#opened(binding),
      predecessor: predecessor && this.#opened(predecessor),
      now: new Date(),
    };
  }

  #opened(record: ServiceBindingRecord) {
    return { record, parameters: this.bindings.parametersOf(record) };
  }

  async #create(address: BindingAddress, instance: ServiceInstanceRecord, wanted: WantedBinding): Promise<Accepted> {
    const id = newIdentifier();
    const createdAt = new Date();
    const { parameters, ...rest } = wanted;
    const secrets = await this.services.of(instance.service).generateBindingSecrets({ id });
    return await this.acceptance.accept(this.#work('bind', address, instance, id), (operation) => ({
      instance: this.instances.touch(instance),
      binding: this.bindings.insertion({
        _id: id,
        platform: address.caller.platform,
        bindingId: address.bindingId,
        instance: instance._id,
        living: true,
        phase: 'creating',
        ...rest,
        parameters: this.bindings.seal(id, 'parameters', parameters),
        secrets: this.bindings.seal(id, 'secrets', secrets),
        ...lifetimeFrom(createdAt, this.settings.lifetimeSeconds),
        lastOperation: operation,
        createdAt,
      }),
    }));
  }

  async unbind(request: UnbindRequest, patience: Patience): Promise<Accepted | Finished> {
    const outcome = await this.#beginUnbind(request);
    return await this.#complete(outcome, patience, 'removing the binding', async () => {});
  }

  async #beginUnbind(request: UnbindRequest): Promise<Accepted> {
    const decide = async () => {
      const { instance, binding } = await this.#living(request);
      return decideUnbind(request, { instance, existing: binding });
    };
    return await this.acceptance.settle(decide, ({ instance, existing }) =>
      this.#endBinding('unbind', request, instance, existing),
    );
  }

  /** Ends a binding whose time has passed; nothing where it, or its instance, has changed since it was read. */
  async expire(binding: ServiceBindingRecord): Promise<void> {
    const instance = await this.instances.find(binding.instance);
    if (instance?.phase !== 'ready') return;
    const address = {
      caller: { platform: binding.platform },
      instanceId: instance.instanceId,
      bindingId: binding.bindingId,
    };
    await this.#endBinding('expire', address, instance, binding);
  }

  async #endBinding(
    kind: 'unbind' | 'expire',
    address: BindingAddress,
    instance: ServiceInstanceRecord,
    binding: ServiceBindingRecord,
  ): Promise<Accepted> {
    const phase = kind === 'unbind' ? 'deleting' : 'expiring';
    return await this.acceptance.accept(this.#work(kind, address, instance, binding._id), (operation) => ({
      instance: this.instances.touch(instance),
      binding: this.bindings.claim(binding, { phase, lastOperation: operation }),
      supersedes: 'binding',
    }));
  }

  /** Waits for what was accepted, and undoes it where the platform cannot wait any longer. */
  async #complete(
    accepted: Accepted,
    { otherwise }: Patience,
    doing: string,
    undo: () => Promise<void>,
  ): Promise<Accepted | Finished> {
    const ended = await this.completion.of(accepted.operation);
    if (ended?.state === 'succeeded') return { kind: 'finished' };
    if (otherwise === 'continue') return accepted;
    if (ended?.state === 'superseded') throw new Refusal('concurrency', `${doing} gave way to a delete`);
    await undo();
    if (ended) throw new Refusal('failed', `${doing} failed: ${ended.progress}`);
    throw new Refusal('late', `${doing} takes too long for a request that cannot be answered before: ask again`);
  }

  /** What a bind has made, or still makes, is removed in the background. */
  async #undo({ caller, instanceId, bindingId }: BindingAddress): Promise<void> {
    const { binding } = await this.#living({ caller, instanceId, bindingId });
    if (!binding) return;
    const { serviceId, planId } = binding;
    await this.#beginUnbind({ caller, instanceId, bindingId, serviceId, planId });
  }

  #work(
    kind: 'bind' | 'unbind' | 'expire',
    { caller, instanceId, bindingId }: BindingAddress,
    { service, plan, _id }: ServiceInstanceRecord,
    binding: string,
  ) {
    const { maximumPollingDuration } = plan;
    const procedureVersion = this.services.of(service)[kind === 'bind' ? 'bind' : 'unbind'].current;
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
    const { expiresAt, renewBefore } = binding;
    const view = {
      credentials: service.credentials(bound, bindingOf(binding, parameters, bindingSecrets)),
      metadata: { ...(expiresAt && { expiresAt }), ...(renewBefore && { renewBefore }) },
      endpoints: service.endpoints(bound),
      parameters,
    };
    await this.#auditReading(address);
    return view;
  }

  /** Nobody has credentials of which the audit does not tell: where it cannot be written, this throws. */
  async #auditReading({ caller, instanceId, bindingId }: BindingAddress): Promise<void> {
    await this.audit.recordAlone({ event: 'succeeded', kind: 'read-credentials', instanceId, bindingId, ...caller });
  }

  async lastOperation(address: BindingAddress, { operation: hint }: LastOperationRequest): Promise<LastOperation> {
    const newest = await this.bindings.findNewest(address.caller.platform, address.bindingId);
    const binding = (hint !== undefined && (await this.#formerOf(address, hint))) || newest;
    const instance = binding && (await this.instances.find(binding.instance));
    if (!binding || instance?.instanceId !== address.instanceId) {
      throw new Refusal('absent', 'the instance has no binding of this id');
    }
    if (!binding.living && !isRemembered(binding.deletedAt, this.settings.deletedGraceSeconds, new Date())) {
      throw new Refusal('gone', 'the binding is deleted');
    }
    const operation = await this.operations.find(binding.lastOperation);
    if (!operation) throw new Refusal('absent', 'the binding has no operation');
    // An unbind that gave way to the deletion of the whole instance has got what it asked for.
    if (!binding.living && operation.state === 'superseded') return { state: 'succeeded', description: 'deleted' };
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
      this.instances.findLiving(caller.platform, instanceId),
      this.bindings.findLiving(caller.platform, bindingId),
    ]);
    return { instance, binding };
  }
}
