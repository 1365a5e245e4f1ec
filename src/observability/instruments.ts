import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const quick = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const lasting = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600];
const ofOperation = ['service', 'kind'] as const;

/** Every metric of Holdfast, with its name and its help: nothing else names one. */
export function createInstruments(registry: Registry) {
  const registers = [registry];
  return {
    requests: new Histogram({
      name: 'holdfast_http_request_duration_seconds',
      help: 'How long HTTP requests took, by route template',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: [0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.3, 1, 3, 10],
      registers,
    }),
    operations: new Counter({
      name: 'holdfast_operations_ended_total',
      help: 'Operations that this process ended, by their last state',
      labelNames: [...ofOperation, 'state'] as const,
      registers,
    }),
    operationSeconds: new Histogram({
      name: 'holdfast_operation_duration_seconds',
      help: 'From the acceptance of operations to their end',
      labelNames: [...ofOperation, 'state'] as const,
      buckets: lasting,
      registers,
    }),
    stepRuns: new Counter({
      name: 'holdfast_step_runs_total',
      help: 'Runs of steps, by what they came to: done, wait, retry or failed; numbers in the names of steps are N',
      labelNames: [...ofOperation, 'step', 'outcome'] as const,
      registers,
    }),
    stepSeconds: new Histogram({
      name: 'holdfast_step_duration_seconds',
      help: 'From when steps could begin until they were done, their waits included',
      labelNames: [...ofOperation, 'step'] as const,
      buckets: lasting,
      registers,
    }),
    leasesLost: new Counter({
      name: 'holdfast_leases_lost_total',
      help: 'Leases lost while steps ran: expired, because they could not be renewed, or taken, by a deletion or a deadline',
      labelNames: [...ofOperation, 'reason'] as const,
      registers,
    }),
    findings: new Counter({
      name: 'holdfast_reconciler_findings_total',
      help: 'What the tasks of the reconciler found, each time that they did',
      labelNames: ['task'] as const,
      registers,
    }),
    taskSeconds: new Histogram({
      name: 'holdfast_reconciler_task_duration_seconds',
      help: 'How long rounds of the tasks of the reconciler took',
      labelNames: ['task'] as const,
      buckets: quick,
      registers,
    }),
    taskFailures: new Counter({
      name: 'holdfast_reconciler_task_failures_total',
      help: 'Rounds of the tasks of the reconciler that failed',
      labelNames: ['task'] as const,
      registers,
    }),
    instances: new Gauge({
      name: 'holdfast_instances',
      help: 'Instances by plan and phase, told by the process that counted them last',
      labelNames: ['service', 'plan', 'phase'] as const,
      registers,
    }),
    auditDeviations: new Counter({
      name: 'holdfast_audit_deviations_total',
      help: 'Where the audit was found cut or changed when its next events were sealed',
      labelNames: ['deviation'] as const,
      registers,
    }),
    storeSeconds: new Histogram({
      name: 'holdfast_store_command_duration_seconds',
      help: 'How long the store took to answer commands',
      labelNames: ['command', 'outcome'] as const,
      buckets: quick,
      registers,
    }),
    redisSeconds: new Histogram({
      name: 'holdfast_redis_command_duration_seconds',
      help: 'How long Redis took to answer commands, but for those that wait for something to come',
      labelNames: ['command', 'outcome'] as const,
      buckets: quick,
      registers,
    }),
    dependencies: new Gauge({
      name: 'holdfast_dependency_up',
      help: 'Whether what Holdfast needs answers now: 1, or 0',
      labelNames: ['dependency'] as const,
      registers,
    }),
    jobs: new Gauge({
      name: 'holdfast_queue_jobs',
      help: 'Jobs in the queue of Redis: waiting, active, and delayed ones, whose operations wait for something',
      labelNames: ['state'] as const,
      registers,
    }),
    activeOperations: new Gauge({
      name: 'holdfast_operations_active',
      help: 'Operations that have not ended, in the store: queued and running ones; at most 10000 of each are counted',
      labelNames: ['state'] as const,
      registers,
    }),
    oldestOperation: new Gauge({
      name: 'holdfast_operations_oldest_age_seconds',
      help: 'Since when the oldest operation of those that are queued, or running, is accepted',
      labelNames: ['state'] as const,
      registers,
    }),
    undelivered: new Gauge({
      name: 'holdfast_operations_undelivered_seconds',
      help: 'For how long the operation that is due longest should have been run by a worker',
      registers,
    }),
    unsealed: new Gauge({
      name: 'holdfast_audit_unsealed_age_seconds',
      help: 'Since when the oldest event of the audit waits to be sealed',
      registers,
    }),
  };
}

export type Instruments = ReturnType<typeof createInstruments>;
