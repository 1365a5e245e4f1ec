import type { Db } from 'mongodb';
import type { Procedure } from '../../src/operations/step.js';
import { createServices } from '../../src/services/registry.js';
import type { AnyService, JsonObject } from '../../src/services/service.js';
import type { OperationRecord, ServiceInstanceRecord } from '../../src/store/records.js';
import { admin } from '../support/admin-cluster.js';
import { keepNothing } from '../support/carry-out.js';
import type { StepName } from './points.js';
import type { Subject } from './subject.js';

/** Every step of every operation: those that the store has of a journey, and those that the service would run. */
export async function stepsOf(store: Db, { parameters, journey }: Subject): Promise<readonly StepName[]> {
  const operations = await store.collection<OperationRecord>('operations').find().toArray();
  const done = operations.flatMap(({ kind, steps }) => Object.keys(steps).map((key) => ({ kind, key })));
  const record = await store.collection<ServiceInstanceRecord>('service_instances').findOne();
  if (!record) throw new Error('the store has no instance to learn the steps from');
  const all = [...done, ...(await stepsOfService(record, parameters, journey))];
  return [...new Map(all.map((step) => [`${step.kind}/${step.key}`, step])).values()];
}

async function stepsOfService(
  { _id: id, service: name, plan }: ServiceInstanceRecord,
  { provision: provisioned = {}, update: updated = {} }: Subject['parameters'],
  journey: Subject['journey'],
): Promise<readonly StepName[]> {
  const parts = {
    cluster: admin,
    brokerId: 'recovery',
    clusterDomain: 'cluster.local',
    memberAccess: 'direct',
    certificateDays: 90,
  } as const;
  const service = createServices(parts).find((candidate) => candidate.name === name);
  if (!service) throw new Error(`this build has no service ${name}`);
  const { template } = plan;
  const secrets = await service.generateInstanceSecrets({ id, template });
  const instance = (parameters: JsonObject) => ({
    id,
    owner: { platform: '', instanceId: '' },
    template,
    parameters,
    secrets,
  });
  const binding = { id, parameters: {}, context: {}, secrets: await service.generateBindingSecrets({ id }) };
  const procedures = {
    provision: current(service, 'provision')(instance(provisioned), keepNothing),
    update: current(service, 'update')(instance(updated), { template, parameters: provisioned }, keepNothing),
    deprovision: current(service, 'deprovision')(instance({})),
    bind: current(service, 'bind')(instance({}), binding),
    unbind: current(service, 'unbind')(instance({}), binding),
  };
  const rotations = await Promise.all(
    journey
      .filter((part) => service.rotation.rotatable.includes(part))
      .map(async (what) => {
        const begun = { ...instance({}), secrets: await service.rotation.begin(what, instance({})) };
        return ['rotate', newest(service.rotation.carryOut)(begun, what)] as const;
      }),
  );
  return [...Object.entries(procedures), ...rotations].flatMap(([kind, { stages }]) =>
    stages.flat().map(({ key }) => ({ kind, key })),
  );
}

type Verb = 'provision' | 'update' | 'deprovision' | 'bind' | 'unbind';

function current(service: AnyService, verb: Verb): (...about: readonly unknown[]) => Procedure {
  return newest(service[verb]);
}

function newest(procedure: {
  readonly current: number;
  readonly versions: object;
}): (...about: readonly unknown[]) => Procedure {
  const made = Object.entries(procedure.versions).find(([version]) => Number(version) === procedure.current);
  if (!made) throw new Error(`there is no version ${procedure.current}`);
  return made[1];
}
