import { z } from 'zod';

/* What we answer, as the specification's body tables have it: documented, and checked against in tests. */

const object = z.record(z.string(), z.unknown());

export const errorAnswer = z
  .object({
    error: z.string().meta({ description: 'A word for programs', example: 'AsyncRequired' }),
    description: z.string().meta({ description: 'What to tell the user' }),
  })
  .meta({ id: 'Error' });

export const acceptedAnswer = z
  .object({ operation: z.string().max(10_000).meta({ description: 'To be sent with last_operation' }) })
  .meta({ id: 'AsyncOperation' });

export const emptyAnswer = z.object({}).meta({ id: 'Empty' });

export const lastOperationAnswer = z
  .object({
    state: z.enum(['in progress', 'succeeded', 'failed']),
    description: z.string().meta({ example: 'waiting for members: 2 of 3 are ready' }),
    instance_usable: z.boolean().optional().meta({ description: 'After an update or a deprovision that failed' }),
    update_repeatable: z.boolean().optional().meta({ description: 'After an update that failed' }),
  })
  .meta({ id: 'LastOperation' });

const maintenanceInfo = z
  .object({ version: z.string().meta({ example: '1.0.0' }), description: z.string().optional() })
  .optional();

const texts = z.record(z.string(), z.string());

export const serviceInstanceAnswer = z
  .object({
    service_id: z.string(),
    plan_id: z.string(),
    parameters: object,
    maintenance_info: maintenanceInfo,
    metadata: z.object({ labels: texts, attributes: texts.optional() }).optional(),
  })
  .meta({ id: 'ServiceInstance' });

const time = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\dZ$/)
  .meta({ example: '2026-12-31T23:59:59.0Z' });

const bindingFields = {
  credentials: object.meta({ description: 'What the app connects with' }),
  endpoints: z.array(z.object({ host: z.string(), ports: z.array(z.string()) })).optional(),
  metadata: z.object({ expires_at: time, renew_before: time.optional() }).optional(),
};

export const boundAnswer = z.object(bindingFields).meta({ id: 'Bound' });

export const serviceBindingAnswer = z.object({ ...bindingFields, parameters: object }).meta({ id: 'ServiceBinding' });

const parameterSchema = z.object({ parameters: object.optional() });

const planAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    free: z.boolean(),
    bindable: z.boolean(),
    plan_updateable: z.boolean().optional(),
    binding_rotatable: z.boolean().optional(),
    metadata: object.optional(),
    schemas: z.object({
      service_instance: z.object({ create: parameterSchema, update: parameterSchema }),
      service_binding: z.object({ create: parameterSchema }),
    }),
    maximum_polling_duration: z.int().optional().meta({ description: 'Seconds' }),
    maintenance_info: maintenanceInfo,
  })
  .meta({ id: 'ServicePlan' });

const offeringAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    tags: z.array(z.string()),
    bindable: z.boolean(),
    instances_retrievable: z.boolean().optional(),
    bindings_retrievable: z.boolean().optional(),
    plan_updateable: z.boolean(),
    allow_context_updates: z.boolean().optional(),
    metadata: object.optional(),
    plans: z.array(planAnswer),
  })
  .meta({ id: 'ServiceOffering' });

export const catalogAnswer = z.object({ services: z.array(offeringAnswer) }).meta({ id: 'Catalog' });
