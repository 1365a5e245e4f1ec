import type { BindingAddress, NewBinding, ProvisionRequest, UpdateRequest } from '../../../src/brokering/requests.js';
import type { Offering, Plan, Sold } from '../../../src/catalog/catalog.js';
import type { AnyService } from '../../../src/services/service.js';
import type { Sealed } from '../../../src/store/encryption.js';
import type { OperationRecord, ServiceBindingRecord, ServiceInstanceRecord } from '../../../src/store/records.js';

const plan: Plan = {
  id: 'plan-1',
  name: 'small',
  description: 'A small one',
  free: false,
  bindable: true,
  maintenanceInfo: { version: '1.0.0' },
  maximumPollingDuration: 600,
  template: {},
  planUpdateable: true,
  bindingRotatable: true,
  schemas: { provision: {}, update: {}, bind: {} },
  validateProvisionParameters: ({ wrong }) => (wrong === undefined ? [] : ['parameter "wrong" is unknown']),
  validateUpdateParameters: ({ wrong }) => (wrong === undefined ? [] : ['parameter "wrong" is unknown']),
  validateBindParameters: ({ wrong }) => (wrong === undefined ? [] : ['parameter "wrong" is unknown']),
};

export function sold(changes: Partial<Plan> = {}, offered: Partial<Offering> = {}): Sold {
  const changed = { ...plan, ...changes };
  const offering = {
    id: 'service-1',
    name: 'stub',
    description: 'A stub',
    bindable: true,
    tags: [],
    allowContextUpdates: true,
    ...offered,
  };
  // The deciders ask the plan; of a service they want its template's version only.
  return { offering: { ...offering, service: { templateVersion: 1 } as AnyService, plans: [changed] }, plan: changed };
}

const caller = { platform: 'cf' };

export const provisionRequest = (changes: Partial<ProvisionRequest> = {}): ProvisionRequest => ({
  caller,
  instanceId: 'instance-1',
  serviceId: 'service-1',
  planId: 'plan-1',
  organizationGuid: 'organization-1',
  spaceGuid: 'space-1',
  context: {},
  parameters: {},
  ...changes,
});

export const updateRequest = (changes: Partial<UpdateRequest> = {}): UpdateRequest => ({
  caller,
  instanceId: 'instance-1',
  serviceId: 'service-1',
  ...changes,
});

export const bindRequest = (changes: Partial<NewBinding> = {}): BindingAddress & NewBinding => ({
  kind: 'new',
  caller,
  instanceId: 'instance-1',
  bindingId: 'binding-1',
  serviceId: 'service-1',
  planId: 'plan-1',
  bindResource: {},
  context: {},
  parameters: {},
  ...changes,
});

const owned = {
  platform: 'cf',
  living: true,
  phase: 'ready',
  serviceId: 'service-1',
  planId: 'plan-1',
  context: {},
  // What was sealed is handed to the deciders opened, beside the record.
  parameters: {} as Sealed,
  createdAt: new Date(0),
} as const;

export const instance = (changes: Partial<ServiceInstanceRecord> = {}): ServiceInstanceRecord => ({
  ...owned,
  _id: 'internal-instance',
  instanceId: 'instance-1',
  organizationGuid: 'organization-1',
  spaceGuid: 'space-1',
  service: 'stub',
  plan: {
    name: 'small',
    template: {},
    templateVersion: 1,
    maximumPollingDuration: 600,
    maintenanceInfoVersion: '1.0.0',
  },
  revision: 0,
  lastOperation: 'op-instance',
  ...changes,
});

export const binding = (changes: Partial<ServiceBindingRecord> = {}): ServiceBindingRecord => ({
  ...owned,
  _id: 'internal-binding',
  bindingId: 'binding-1',
  instance: 'internal-instance',
  bindResource: {},
  lastOperation: 'op-binding',
  ...changes,
});

export const operation = (changes: Partial<OperationRecord> = {}): OperationRecord => ({
  _id: 'op-instance',
  kind: 'provision',
  service: 'stub',
  procedureVersion: 1,
  instance: 'internal-instance',
  subject: 'internal-instance',
  state: 'running',
  active: true,
  lease: { owner: null, until: new Date(0), epoch: 1 },
  steps: {},
  progress: 'starting the members',
  pauses: 0,
  wakeAt: new Date(0),
  deadline: new Date(540_000),
  acceptedAt: new Date(0),
  ...changes,
});
