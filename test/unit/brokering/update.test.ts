import { describe, expect, it } from 'vitest';
import type { UpdateRequest } from '../../../src/brokering/requests.js';
import { decideUpdate, type UpdateView } from '../../../src/brokering/update.js';
import type { Sealed } from '../../../src/store/encryption.js';
import { instance, sold, updateRequest } from './fixtures.js';

const large = sold({ id: 'plan-2', name: 'large', template: { size: 2 } });
const plan = instance().plan;
const newer = sold({ maintenanceInfo: { version: '2.0.0' } });

interface Case {
  name: string;
  request?: Partial<UpdateRequest>;
  record?: Parameters<typeof instance>[0];
  parameters?: object;
  view?: Partial<UpdateView>;
  decision: object;
}

const cases: readonly Case[] = [
  { name: 'no instance', view: { existing: undefined }, decision: { kind: 'refuse', reason: 'absent' } },
  ...(['creating', 'deleting'] as const).map((phase) => ({
    name: `an instance that is ${phase}`,
    record: { phase },
    decision: { kind: 'refuse', reason: 'concurrency' },
  })),
  {
    name: 'an instance that has failed',
    record: { phase: 'failed' },
    request: { parameters: { colour: 'red' } },
    decision: { kind: 'refuse', reason: 'unprocessable' },
  },
  { name: 'another service', request: { serviceId: 'other' }, decision: { kind: 'refuse', reason: 'invalid' } },
  {
    name: 'an unknown plan',
    request: { planId: 'unknown' },
    view: { wanted: undefined },
    decision: { kind: 'refuse', reason: 'invalid' },
  },
  {
    name: 'parameters that the schema refuses',
    request: { parameters: { wrong: 1 } },
    decision: { kind: 'refuse', reason: 'invalid' },
  },
  { name: 'nothing', decision: { kind: 'unchanged' } },
  {
    name: 'nothing, after an update that failed',
    record: { unsettled: true },
    decision: { kind: 'accept', needsWork: true },
  },
  { name: 'its own plan', request: { planId: 'plan-1' }, decision: { kind: 'unchanged' } },
  {
    name: 'parameters that it has',
    request: { parameters: { colour: 'red' } },
    parameters: { colour: 'red', size: 1 },
    decision: { kind: 'unchanged' },
  },
  {
    name: 'other parameters, which are laid over those that it has',
    request: { parameters: { colour: 'blue' } },
    parameters: { colour: 'red', size: 1 },
    decision: { kind: 'accept', needsWork: true, form: { parameters: { colour: 'blue', size: 1 }, plan } },
  },
  {
    name: 'another plan',
    request: { planId: 'plan-2' },
    view: { wanted: large },
    decision: { kind: 'accept', needsWork: true, form: { planId: 'plan-2', plan: { template: { size: 2 } } } },
  },
  {
    name: 'another plan that builds the same',
    request: { planId: 'plan-2' },
    view: { wanted: sold({ id: 'plan-2', name: 'renamed' }) },
    decision: { kind: 'accept', needsWork: false, form: { planId: 'plan-2', plan: { name: 'renamed' } } },
  },
  {
    name: 'another plan, of a plan that cannot change',
    request: { planId: 'plan-2' },
    view: { current: sold({ planUpdateable: false }), wanted: large },
    decision: { kind: 'refuse', reason: 'unprocessable' },
  },
  {
    name: 'what the service cannot do',
    request: { parameters: { colour: 'black' } },
    view: { refusal: () => 'black is not to be had: any other colour is' },
    decision: { kind: 'refuse', reason: 'unprocessable', message: 'black is not to be had: any other colour is' },
  },
  {
    name: 'a new context',
    request: { context: { space_name: 'new' } },
    decision: { kind: 'accept', needsWork: false, form: { context: { space_name: 'new' } } },
  },
  {
    name: 'a new context, where the offering allows none',
    request: { context: { space_name: 'new' } },
    view: { wanted: sold({}, { allowContextUpdates: false }) },
    decision: { kind: 'refuse', reason: 'unprocessable' },
  },
  {
    name: 'a new context with parameters, where the offering allows no context alone',
    request: { context: { space_name: 'new' }, parameters: { colour: 'red' } },
    view: { wanted: sold({}, { allowContextUpdates: false }) },
    decision: { kind: 'accept', needsWork: true },
  },
  {
    name: 'the maintenance_info that it has',
    request: { maintenanceInfoVersion: '1.0.0' },
    decision: { kind: 'unchanged' },
  },
  {
    name: "a maintenance_info that is not the catalog's",
    request: { maintenanceInfoVersion: '1.0.0' },
    view: { current: newer, wanted: newer },
    decision: { kind: 'refuse', reason: 'maintenance-info' },
  },
  {
    name: "the catalog's newer maintenance_info, which builds the same",
    request: { maintenanceInfoVersion: '2.0.0' },
    view: { current: newer, wanted: newer },
    decision: { kind: 'accept', needsWork: false, form: { plan: { maintenanceInfoVersion: '2.0.0' } } },
  },
  {
    name: "the catalog's newer maintenance_info, which builds something else",
    request: { maintenanceInfoVersion: '2.0.0' },
    view: { wanted: sold({ maintenanceInfo: { version: '2.0.0' }, template: { size: 3 } }) },
    decision: { kind: 'accept', needsWork: true, form: { plan: { template: { size: 3 } } } },
  },
  {
    name: 'parameters, while the catalog has something newer that was not asked for',
    request: { parameters: { colour: 'red' } },
    view: { current: newer, wanted: newer },
    decision: { kind: 'accept', needsWork: true, form: { plan: { maintenanceInfoVersion: '1.0.0', template: {} } } },
  },
];

describe('decideUpdate', () => {
  it.each(cases)('$name', ({ request, record, parameters = {}, view, decision }) => {
    const existing = { record: instance(record), parameters: parameters as Record<string, string> };
    const found = { current: sold(), wanted: sold(), existing, refusal: () => undefined, ...view };
    expect(decideUpdate(updateRequest(request), found)).toMatchObject(decision);
  });
});

describe('decideUpdate while an update runs', () => {
  const update = { planId: 'plan-1', plan, context: {}, parameters: {} as Sealed };
  const record = instance({ phase: 'updating', update, lastOperation: 'op-update' });
  const view = {
    current: sold(),
    wanted: sold(),
    existing: { record, parameters: {}, pending: { colour: 'red' } },
    refusal: () => undefined,
  };

  it.each([
    ['the same again', { parameters: { colour: 'red' } }, { kind: 'in progress', operation: 'op-update' }],
    ['another one', { parameters: { colour: 'blue' } }, { kind: 'refuse', reason: 'concurrency' }],
    ['back to what it was', { parameters: {} }, { kind: 'refuse', reason: 'concurrency' }],
  ])('%s', (_name, request, decision) => {
    expect(decideUpdate(updateRequest(request), view)).toMatchObject(decision);
  });
});
