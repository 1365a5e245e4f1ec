import { describe, expect, it } from 'vitest';
import { type BindView, decideBind } from '../../../src/brokering/bind.js';
import type { BindRequest } from '../../../src/brokering/requests.js';
import { binding, bindRequest, instance, sold } from './fixtures.js';

interface Case {
  name: string;
  request?: Partial<BindRequest>;
  view?: Partial<BindView>;
  decision: object;
}

const existing = (phase: 'creating' | 'ready' | 'failed' | 'deleting', changes = {}) => ({
  record: binding({ phase, ...changes }),
  parameters: {},
});

const cases: readonly Case[] = [
  { name: 'a new binding', decision: { kind: 'accept' } },
  { name: 'no instance', view: { instance: undefined }, decision: { kind: 'refuse', reason: 'absent' } },
  {
    name: 'no instance, and an unknown plan',
    view: { instance: undefined, sold: undefined },
    decision: { kind: 'refuse', reason: 'absent' },
  },
  { name: 'an unknown plan', view: { sold: undefined }, decision: { kind: 'refuse', reason: 'invalid' } },
  {
    name: 'the ids of another plan than the instance has',
    request: { planId: 'plan-2' },
    decision: { kind: 'refuse', reason: 'invalid' },
  },
  {
    name: 'a plan that cannot be bound',
    view: { sold: sold({ bindable: false }) },
    decision: { kind: 'refuse', reason: 'invalid' },
  },
  {
    name: 'parameters that the schema refuses',
    request: { parameters: { wrong: 1 } },
    decision: { kind: 'refuse', reason: 'invalid', message: 'parameter "wrong" is unknown' },
  },
  {
    name: 'an instance that is being created',
    view: { instance: instance({ phase: 'creating' }) },
    decision: { kind: 'refuse', reason: 'concurrency' },
  },
  {
    name: 'an instance that is being deleted',
    view: { instance: instance({ phase: 'deleting' }) },
    decision: { kind: 'refuse', reason: 'concurrency' },
  },
  {
    name: 'an instance that has failed',
    view: { instance: instance({ phase: 'failed' }) },
    decision: { kind: 'refuse', reason: 'unprocessable' },
  },
  {
    name: 'the same again while it runs',
    view: { existing: existing('creating') },
    decision: { kind: 'in progress', operation: 'op-binding' },
  },
  { name: 'the same again when it is done', view: { existing: existing('ready') }, decision: { kind: 'unchanged' } },
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
  ...(['creating', 'ready'] as const).flatMap((phase) => [
    {
      name: `another app_guid, of a binding that is ${phase}`,
      request: { appGuid: 'app-2' },
      view: { existing: existing(phase) },
      decision: { kind: 'refuse', reason: 'conflict' },
    },
    {
      name: `other parameters, of a binding that is ${phase}`,
      request: { parameters: { role: 'read' } },
      view: { existing: existing(phase) },
      decision: { kind: 'refuse', reason: 'conflict' },
    },
    {
      name: `another bind_resource, of a binding that is ${phase}`,
      request: { bindResource: { app_guid: 'app-2' } },
      view: { existing: existing(phase) },
      decision: { kind: 'refuse', reason: 'conflict' },
    },
    {
      name: `the id of another instance's binding that is ${phase}`,
      view: { existing: existing(phase, { instance: 'other' }) },
      decision: { kind: 'refuse', reason: 'conflict' },
    },
  ]),
];

describe('decideBind', () => {
  it.each(cases)('$name', ({ request = {}, view = {}, decision }) => {
    const found = { sold: sold(), instance: instance(), existing: undefined, ...view };
    expect(decideBind(bindRequest(request), found)).toMatchObject(decision);
  });
});
