import { describe, expect, it } from 'vitest';
import { decideProvision, type ProvisionView } from '../../../src/brokering/provision.js';
import type { ProvisionRequest } from '../../../src/brokering/requests.js';
import { instance, provisionRequest, sold } from './fixtures.js';

const existing = (phase: 'creating' | 'ready' | 'failed' | 'deleting', parameters = {}) => ({
  record: instance({ phase }),
  parameters,
});

interface Case {
  name: string;
  request?: Partial<ProvisionRequest>;
  view?: Partial<ProvisionView>;
  decision: object;
}

const cases: readonly Case[] = [
  { name: 'a new instance', decision: { kind: 'accept' } },
  { name: 'an unknown plan', view: { sold: undefined }, decision: { kind: 'refuse', reason: 'invalid' } },
  {
    name: 'an unknown plan, of an instance that exists',
    view: { sold: undefined, existing: existing('ready') },
    decision: { kind: 'refuse', reason: 'invalid' },
  },
  {
    name: 'parameters that the schema refuses',
    request: { parameters: { wrong: 1 } },
    decision: { kind: 'refuse', reason: 'invalid', message: 'parameter "wrong" is unknown' },
  },
  { name: 'the current maintenance_info', request: { maintenanceInfoVersion: '1.0.0' }, decision: { kind: 'accept' } },
  {
    name: 'another maintenance_info',
    request: { maintenanceInfoVersion: '0.9.0' },
    decision: { kind: 'refuse', reason: 'maintenance-info' },
  },
  {
    name: 'a maintenance_info where the plan has none',
    request: { maintenanceInfoVersion: '1.0.0' },
    view: { sold: { ...sold(), plan: withoutMaintenanceInfo() } },
    decision: { kind: 'refuse', reason: 'maintenance-info' },
  },
  {
    name: 'the same again while it runs',
    view: { existing: existing('creating') },
    decision: { kind: 'in progress', operation: 'op-instance' },
  },
  { name: 'the same again when it is done', view: { existing: existing('ready') }, decision: { kind: 'unchanged' } },
  {
    name: 'the same again with the properties of its parameters in another order',
    request: { parameters: { b: 2, a: { d: 4, c: 3 } } },
    view: { existing: existing('ready', { a: { c: 3, d: 4 }, b: 2 }) },
    decision: { kind: 'unchanged' },
  },
  {
    name: 'the same again after it failed',
    view: { existing: existing('failed') },
    decision: { kind: 'refuse', reason: 'conflict' },
  },
  {
    name: 'the same again while it is deleted',
    view: { existing: existing('deleting') },
    decision: { kind: 'refuse', reason: 'concurrency' },
  },
  ...(['creating', 'ready', 'failed'] as const).flatMap((phase) =>
    [
      { name: 'service_id', request: { serviceId: 'service-2' } },
      { name: 'plan_id', request: { planId: 'plan-2' } },
      { name: 'organization_guid', request: { organizationGuid: 'organization-2' } },
      { name: 'space_guid', request: { spaceGuid: 'space-2' } },
      { name: 'value of parameters', request: { parameters: { a: 1 } } },
    ].map(({ name, request }) => ({
      name: `another ${name}, of an instance that is ${phase}`,
      request,
      view: { existing: existing(phase) },
      decision: {
        kind: 'refuse',
        reason: 'conflict',
        message: `an instance of this id exists with another ${name}`,
      },
    })),
  ),
];

function withoutMaintenanceInfo() {
  const { maintenanceInfo: _, ...plan } = sold().plan;
  return plan;
}

describe('decideProvision', () => {
  it.each(cases)('$name', ({ request = {}, view = {}, decision }) => {
    expect(decideProvision(provisionRequest(request), { sold: sold(), existing: undefined, ...view })).toMatchObject(
      decision,
    );
  });
});
