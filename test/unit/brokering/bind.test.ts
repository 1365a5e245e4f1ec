import { describe, expect, it } from 'vitest';
import { type BindView, decideBind } from '../../../src/brokering/bind.js';
import type { NewBinding } from '../../../src/brokering/requests.js';
import type { Phase } from '../../../src/store/records.js';
import { binding, bindRequest, instance, sold } from './fixtures.js';

interface Case {
  name: string;
  request?: Partial<NewBinding>;
  view?: Partial<BindView>;
  decision: object;
}

const nothing: BindView = {
  sold: sold(),
  instance: instance(),
  existing: undefined,
  predecessor: undefined,
  now: new Date(1_000),
};

const existing = (phase: Phase, changes = {}) => ({
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
  {
    name: 'an instance that is being updated',
    view: { instance: instance({ phase: 'updating' }) },
    decision: { kind: 'refuse', reason: 'concurrency' },
  },
  {
    name: 'the same again after it has expired',
    view: { existing: existing('expired') },
    decision: { kind: 'refuse', reason: 'conflict', message: 'the binding of this id has expired: delete it' },
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
    const found = { ...nothing, ...view };
    expect(decideBind(bindRequest(request), found)).toMatchObject(decision);
  });
});

describe('decideBind for a successor', () => {
  const predecessor = {
    record: binding({ _id: 'internal-old', bindingId: 'old', appGuid: 'app-1', bindResource: { app_guid: 'app-1' } }),
    parameters: { role: 'read' },
  };
  const request = {
    kind: 'successor',
    caller: { platform: 'cf' },
    instanceId: 'instance-1',
    bindingId: 'binding-1',
    predecessorBindingId: 'old',
  } as const;
  const made = (changes = {}) => ({
    record: binding({ appGuid: 'app-1', bindResource: { app_guid: 'app-1' }, predecessor: 'old', ...changes }),
    parameters: { role: 'read' },
  });

  it('inherits everything but the secrets', () => {
    const decision = decideBind(request, { ...nothing, predecessor });
    expect(decision).toMatchObject({
      kind: 'accept',
      wanted: {
        serviceId: 'service-1',
        planId: 'plan-1',
        appGuid: 'app-1',
        bindResource: { app_guid: 'app-1' },
        parameters: { role: 'read' },
        predecessor: 'old',
      },
    });
  });

  it.each([
    ['no predecessor', { predecessor: undefined }, 'refuse', 'invalid'],
    [
      "another instance's binding as predecessor",
      { predecessor: { ...predecessor, record: binding({ instance: 'other' }) } },
      'refuse',
      'invalid',
    ],
    ...(['creating', 'expired', 'expiring', 'failed', 'deleting'] as const).map(
      (phase) =>
        [
          `a predecessor that is ${phase}`,
          { predecessor: { ...predecessor, record: binding({ phase }) } },
          'refuse',
          'invalid',
        ] as const,
    ),
    [
      'a predecessor whose time is over',
      { predecessor: { ...predecessor, record: binding({ expiresAt: new Date(1_000) }) } },
      'refuse',
      'invalid',
    ],
    ['the same again when the predecessor is gone', { existing: made() }, 'unchanged', undefined],
    ['a plan that does not rotate', { predecessor, sold: sold({ bindingRotatable: false }) }, 'refuse', 'invalid'],
    ['the same again', { predecessor, existing: made() }, 'unchanged', undefined],
    ['the same again while it runs', { predecessor, existing: made({ phase: 'creating' }) }, 'in progress', undefined],
    [
      'the same id with another predecessor',
      { predecessor, existing: made({ predecessor: 'older' }) },
      'refuse',
      'conflict',
    ],
  ] as const)('%s', (_name, view, kind, reason) => {
    const decision = decideBind(request, { ...nothing, ...view });
    expect(decision).toMatchObject({ kind, ...(reason && { reason }) });
  });
});
