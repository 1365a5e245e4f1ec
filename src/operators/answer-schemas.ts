import { z } from 'zod';

/* What operators are answered: documented, and checked against in tests. */

const time = z.string().meta({ example: '2026-12-31T23:59:59.123Z' });
const next = z.string().optional().meta({ description: 'To be sent as `after`, for the next page' });

const instanceFields = {
  id: z.string().meta({ description: 'Internal id, new for each incarnation; its namespace is `m-` and this' }),
  platform: z.string(),
  instance_id: z.string().meta({ description: "The platform's id" }),
  phase: z.string(),
  service: z.string(),
  service_id: z.string(),
  plan_id: z.string(),
  plan: z.string(),
  organization_guid: z.string(),
  space_guid: z.string(),
  last_operation: z.string(),
  settled: z.boolean().meta({ description: 'False after an update that failed: what the cluster has may be neither' }),
  created_at: time,
  deleted_at: time.optional(),
};

const binding = z
  .object({
    id: z.string(),
    binding_id: z.string().meta({ description: "The platform's id" }),
    phase: z.string(),
    app_guid: z.string().optional(),
    predecessor_binding_id: z.string().optional(),
    last_operation: z.string(),
    created_at: time,
    deleted_at: time.optional(),
    expires_at: time.optional(),
    renew_before: time.optional(),
  })
  .meta({ id: 'OperatorsBinding' });

const instance = z.object(instanceFields).meta({ id: 'OperatorsInstance' });

export const operationAnswer = z
  .object({
    id: z.string(),
    kind: z.string(),
    state: z.string(),
    instance: z.string().meta({ description: 'Internal id' }),
    binding: z.string().optional().meta({ description: 'Internal id' }),
    description: z.string().meta({ description: 'As last_operation tells the user' }),
    accepted_at: time,
    started_at: time.optional(),
    ended_at: time.optional(),
    deadline: time,
    wake_at: time.optional().meta({ description: 'When it runs again at the latest' }),
    pauses: z.int().optional().meta({ description: 'Waits and passing errors since a step was last done' }),
    worker: z.string().optional().meta({ description: 'Who runs it now' }),
    steps: z.array(z.object({ name: z.string(), started_at: time, ended_at: time })),
  })
  .meta({ id: 'OperatorsOperation' });

const auditEvent = z
  .object({ id: z.string(), at: time, event: z.string(), kind: z.string(), platform: z.string() })
  .catchall(z.unknown())
  .meta({ id: 'AuditEvent' });

export const rotationAnswer = z
  .object({ operation: z.string().meta({ description: 'Its id' }) })
  .meta({ id: 'OperatorsRotation' });
export const instancesAnswer = z.object({ instances: z.array(instance), next }).meta({ id: 'OperatorsInstances' });
export const instanceAnswer = z
  .object({ ...instanceFields, bindings: z.array(binding) })
  .meta({ id: 'OperatorsInstanceWithBindings' });
export const operationsAnswer = z
  .object({ operations: z.array(operationAnswer), next })
  .meta({ id: 'OperatorsOperations' });
export const auditEventsAnswer = z.object({ audit_events: z.array(auditEvent), next }).meta({ id: 'AuditEvents' });
