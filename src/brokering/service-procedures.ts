import { OperatorError } from '../operations/errors.js';
import { Procedures } from '../operations/procedures.js';
import { done, type Procedure } from '../operations/step.js';
import type { AnyService, JsonObject, Keep, Versioned } from '../services/service.js';
import { UnknownKeyError } from '../store/encryption.js';
import type { OperationRecord, ServiceBindingRecord, ServiceInstanceRecord } from '../store/records.js';
import type { ServiceBindingsRepository } from '../store/service-bindings.repository.js';
import type { ServiceInstancesRepository } from '../store/service-instances.repository.js';
import { bindingOf, instanceOf, unopenedInstanceOf } from './service-arguments.js';
import type { Services } from './services.js';

/** Asks the service of an operation's instance for its steps, with everything that they need from the store. */
export class ServiceProcedures extends Procedures {
  constructor(
    private readonly services: Services,
    private readonly instances: ServiceInstancesRepository,
    private readonly bindings: ServiceBindingsRepository,
  ) {
    super();
  }

  async load(operation: OperationRecord): Promise<Procedure> {
    try {
      return await this.#load(operation);
    } catch (error) {
      if (!(error instanceof UnknownKeyError)) throw error;
      throw new OperatorError('what was stored cannot be decrypted', error.message, { cause: error });
    }
  }

  async loadRemoval({ kind, service, instance: instanceId, binding: bindingId }: OperationRecord) {
    // What an instance has is in its namespace: the next look at the cluster finds one that nobody owns.
    if (kind !== 'bind' || bindingId === undefined) return undefined;
    const [instance, binding] = await Promise.all([this.instances.find(instanceId), this.bindings.find(bindingId)]);
    const isStillWanted = binding?.living === true && binding.phase !== 'deleting';
    if (!instance?.living || isStillWanted) return undefined;
    const { unbind } = this.services.of(service);
    return versionOf(unbind, unbind.current)(await this.#instance(this.services.of(service), instance), {
      id: bindingId,
    });
  }

  async #load(operation: OperationRecord): Promise<Procedure> {
    const service = this.services.of(operation.service);
    const [record, bindingRecord] = await Promise.all([
      this.instances.find(operation.instance),
      operation.kind === 'bind' && operation.binding !== undefined ? this.bindings.find(operation.binding) : null,
    ]);
    if (!record) throw new OperatorError('the instance is not in the store');
    const { procedureVersion } = operation;
    const keep: Keep = (found) => this.instances.keepFound(record._id, operation._id, found);
    switch (operation.kind) {
      case 'provision':
        return versionOf(service.provision, procedureVersion)(await this.#instance(service, record), keep);
      case 'update':
        return this.#update(service, record, procedureVersion, keep);
      case 'rotate':
        return this.#rotate(service, record, operation);
      case 'deprovision':
        // Nothing is opened: what cannot be decrypted can still be deleted.
        return versionOf(service.deprovision, procedureVersion)(unopenedInstanceOf(record));
      case 'bind':
        return versionOf(service.bind, procedureVersion)(
          await this.#instance(service, record),
          this.#binding(bindingRecord),
        );
      case 'unbind':
      case 'expire':
        return versionOf(service.unbind, procedureVersion)(await this.#instance(service, record), {
          id: operation.binding ?? '',
        });
    }
  }

  async #update(service: AnyService, record: ServiceInstanceRecord, version: number, keep: Keep): Promise<Procedure> {
    const parameters = this.instances.pendingParametersOf(record);
    if (!record.update || !parameters) throw new OperatorError('the instance has no update to carry out');
    const from = { template: record.plan.template, parameters: this.instances.parametersOf(record) };
    const { plan } = record.update;
    const instance = instanceOf({ ...record, plan }, parameters, await this.#instanceSecrets(service, record));
    return versionOf(service.update, version)(instance, from, keep);
  }

  async #rotate(
    service: AnyService,
    record: ServiceInstanceRecord,
    { _id: operation, procedureVersion }: Pick<OperationRecord, '_id' | 'procedureVersion'>,
  ): Promise<Procedure> {
    const { rotation } = service;
    const pending = record.rotation;
    if (pending?.operation !== operation) throw new OperatorError('the instance has no rotation to carry out');
    // Who does not know the version begins nothing: secrets of an older release may lack what the newer one needs.
    const carryOut = versionOf(rotation.carryOut, procedureVersion);
    if (!pending.begun) {
      const secrets = await rotation.begin(pending.what, await this.#instance(service, record));
      await this.instances.beginRotation(record._id, operation, { secrets, nextRotation: rotation.next(secrets) });
      // Whoever was first has stored theirs.
      const begun = await this.instances.find(record._id);
      if (!begun?.rotation?.begun) throw new Error('the rotation gave way to something else');
      return await this.#rotate(service, begun, { _id: operation, procedureVersion });
    }
    const instance = await this.#instance(service, record);
    const { stages, topics } = carryOut(instance, pending.what);
    const keepSecrets = {
      key: 'keep-secrets',
      description: 'keeping the new secrets',
      run: async () => {
        const secrets = rotation.end(instance.secrets);
        await this.instances.endRotation(record._id, operation, { secrets, nextRotation: rotation.next(secrets) });
        return done;
      },
    };
    return { stages: [...stages, [keepSecrets]], topics };
  }

  async #instance(service: AnyService, record: ServiceInstanceRecord) {
    return instanceOf(record, this.instances.parametersOf(record), await this.#instanceSecrets(service, record));
  }

  async #instanceSecrets(service: AnyService, record: ServiceInstanceRecord): Promise<JsonObject> {
    const known = this.instances.secretsOf(record);
    if (known) return known;
    const generated = await service.generateInstanceSecrets({ id: record._id, template: record.plan.template });
    return await this.instances.keepSecrets(record._id, generated, { nextRotation: service.rotation.next(generated) });
  }

  #binding(record: ServiceBindingRecord | null) {
    const secrets = record && this.bindings.secretsOf(record);
    if (!secrets) throw new OperatorError('the binding is not in the store, or deleted');
    return bindingOf(record, this.bindings.parametersOf(record), secrets);
  }
}

function versionOf<Arguments extends readonly unknown[]>(procedure: Versioned<Arguments>, version: number) {
  const made = procedure.versions[version];
  // While releases change, those before and after work side by side: the newer one will take it.
  if (!made && version > procedure.current) throw new Error(`version ${version} of the operation is a newer release's`);
  if (!made) throw new OperatorError(`this release does not know version ${version} of the operation`);
  return made;
}
