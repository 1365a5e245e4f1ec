import { afterAll, describe, expect, it } from 'vitest';
import { type Events, tell } from '../../../src/observability/events.js';
import { HealthChecks } from '../../../src/observability/health.js';
import { createInstruments } from '../../../src/observability/instruments.js';
import { Metrics } from '../../../src/observability/metrics.js';
import { stepLabel } from '../../../src/observability/step-label.js';

const metrics = new Metrics({ health: new HealthChecks({ store: async () => undefined }) });
afterAll(() => metrics.stop());

describe('the metrics', async () => {
  const all = await metrics.registry.getMetricsAsJSON();
  const ours = all.filter(({ name }) => name.startsWith('holdfast_'));
  // https://prometheus.io/docs/practices/naming/
  const baseUnits = /_(seconds|bytes|ratio)(_total)?$/;
  const otherUnits = /_(ms|milliseconds|minutes|hours|kilobytes|megabytes|percent)(_|$)/;

  it('are as many as there are instruments', () => {
    expect(ours).toHaveLength(Object.keys(metrics.instruments).length);
  });

  it.each(all.map(({ name, help }) => [name, help]))('%s has a help, and is ours or a default one', (name, help) => {
    expect(name).toMatch(/^(holdfast|process|nodejs)_[a-z0-9_]+$/);
    expect(help.length).toBeGreaterThan(10);
  });

  it.each(ours.map(({ name, type }) => [name, String(type)]))('%s, a %s, is named by the conventions', (name, type) => {
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(name).not.toMatch(otherUnits);
    if (type === 'histogram') expect(name).toMatch(baseUnits);
  });
});

it.each([
  ['members', 'members'],
  ['shard-0-initiate', 'shard-N-initiate'],
  ['certificate-mongodb-12', 'certificate-mongodb-N'],
  ['shard-3-restart-shard-10', 'shard-N-restart-shard-N'],
])('the step %s is measured as %s', (step, label) => {
  expect(stepLabel(step)).toBe(label);
});

/** Each event, and the sample that is to come of it. */
const heard: readonly { [Name in keyof Events]: [Name, Events[Name], RegExp] }[keyof Events][] = [
  [
    'operationEnded',
    { service: 's', kind: 'bind', state: 'failed', seconds: 3 },
    /^holdfast_operations_ended_total\{service="s",kind="bind",state="failed"\} 1$/m,
  ],
  [
    'stepRan',
    { service: 's', kind: 'bind', step: 'member-7', outcome: 'wait' },
    /^holdfast_step_runs_total\{service="s",kind="bind",step="member-N",outcome="wait"\} 1$/m,
  ],
  [
    'stepDone',
    { service: 's', kind: 'bind', step: 'member-7', seconds: 4 },
    /^holdfast_step_duration_seconds_sum\{service="s",kind="bind",step="member-N"\} 4$/m,
  ],
  [
    'leaseLost',
    { service: 's', kind: 'bind', reason: 'expired' },
    /^holdfast_leases_lost_total\{service="s",kind="bind",reason="expired"\} 1$/m,
  ],
  ['taskRan', { task: 't', seconds: 1, found: 5 }, /^holdfast_reconciler_findings_total\{task="t"\} 5$/m],
  ['taskFailed', { task: 't' }, /^holdfast_reconciler_task_failures_total\{task="t"\} 1$/m],
  [
    'instancesCounted',
    { counts: [{ service: 's', plan: 'p', phase: 'ready', count: 7 }], validSeconds: 60 },
    /^holdfast_instances\{service="s",plan="p",phase="ready"\} 7$/m,
  ],
  ['auditDeviation', { deviation: 'cut' }, /^holdfast_audit_deviations_total\{deviation="cut"\} 1$/m],
  [
    'storeAnswered',
    { command: 'find', outcome: 'failed', seconds: 2 },
    /^holdfast_store_command_duration_seconds_sum\{command="find",outcome="failed"\} 2$/m,
  ],
];

it.each(heard)('of %s something is measured', async (name, event, sample) => {
  tell(name, event as never);
  expect(await metrics.read()).toMatch(sample);
});

it('instances that were counted long ago are not told any more', async () => {
  const counts = [{ service: 's', plan: 'p', phase: 'ready', count: 7 }];
  tell('instancesCounted', { counts, validSeconds: 0 });
  expect(await metrics.read()).not.toMatch(/^holdfast_instances\{/m);
});

it('what is expected is told before it happens, as zero', async () => {
  metrics.expect({ services: ['new'], kinds: ['bind'], states: ['failed'], tasks: ['rare'] });
  const text = await metrics.read();
  expect(text).toMatch(/^holdfast_operations_ended_total\{service="new",kind="bind",state="failed"\} 0$/m);
  expect(text).toMatch(/^holdfast_reconciler_findings_total\{task="rare"\} 0$/m);
});

it('what nobody knows is absent', async () => {
  const text = await metrics.read();
  expect(text).toMatch(/^holdfast_dependency_up\{dependency="store"\} 1$/m);
  expect(text).not.toMatch(/^holdfast_(queue|operations_(active|oldest|undelivered)|audit_unsealed)[a-z_]*[ {]/m);
});

it('one that has stopped hears nothing any more', async () => {
  const stopped = new Metrics({ health: new HealthChecks({ store: async () => undefined }) });
  stopped.stop();
  tell('taskFailed', { task: 'after' });
  expect(await stopped.read()).not.toContain('task="after"');
});

it('names are used once', () => {
  expect(() => createInstruments(metrics.registry)).toThrow();
});
