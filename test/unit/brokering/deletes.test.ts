import { describe, expect, it } from 'vitest';
import { decideDeprovision } from '../../../src/brokering/deprovision.js';
import { decideUnbind } from '../../../src/brokering/unbind.js';
import { binding, bindRequest, instance, provisionRequest } from './fixtures.js';

describe('decideDeprovision', () => {
  it.each([
    ['no instance', undefined, {}, { kind: 'refuse', reason: 'gone' }],
    ['no instance, and wrong ids', undefined, { planId: 'plan-2' }, { kind: 'refuse', reason: 'gone' }],
    ['another plan_id', instance(), { planId: 'plan-2' }, { kind: 'refuse', reason: 'invalid' }],
    ['another service_id', instance(), { serviceId: 'service-2' }, { kind: 'refuse', reason: 'invalid' }],
    ['an instance that is being created', instance({ phase: 'creating' }), {}, { kind: 'accept' }],
    ['an instance', instance(), {}, { kind: 'accept' }],
    ['an instance that has failed', instance({ phase: 'failed' }), {}, { kind: 'accept' }],
    [
      'an instance that is being deleted',
      instance({ phase: 'deleting' }),
      {},
      { kind: 'in progress', operation: 'op-instance' },
    ],
  ])('%s', (_name, existing, request, decision) => {
    expect(decideDeprovision(provisionRequest(request), existing)).toMatchObject(decision);
  });
});

describe('decideUnbind', () => {
  it.each([
    ['no instance', { instance: undefined, existing: undefined }, {}, { kind: 'refuse', reason: 'gone' }],
    ['no binding', { existing: undefined }, {}, { kind: 'refuse', reason: 'gone' }],
    [
      "another instance's binding",
      { existing: binding({ instance: 'other' }) },
      {},
      { kind: 'refuse', reason: 'gone' },
    ],
    ['another plan_id', {}, { planId: 'plan-2' }, { kind: 'refuse', reason: 'invalid' }],
    ['a binding that is being made', { existing: binding({ phase: 'creating' }) }, {}, { kind: 'accept' }],
    ['a binding', {}, {}, { kind: 'accept' }],
    ['a binding that has failed', { existing: binding({ phase: 'failed' }) }, {}, { kind: 'accept' }],
    ['a binding of a failed instance', { instance: instance({ phase: 'failed' }) }, {}, { kind: 'accept' }],
    [
      'a binding that is being deleted',
      { existing: binding({ phase: 'deleting' }) },
      {},
      { kind: 'in progress', operation: 'op-binding' },
    ],
    [
      'an instance that is being deleted',
      { instance: instance({ phase: 'deleting' }) },
      {},
      { kind: 'refuse', reason: 'concurrency' },
    ],
  ])('%s', (_name, view, request, decision) => {
    const found = { instance: instance(), existing: binding(), ...view };
    expect(decideUnbind(bindRequest(request), found)).toMatchObject(decision);
  });
});
