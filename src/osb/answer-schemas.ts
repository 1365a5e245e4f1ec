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
  })
  .meta({ id: 'LastOperation' });

export const maintenanceInfoAnswer = z
  .object({ version: z.string().meta({ example: '1.0.0' }), description: z.string().optional() })
  .meta({ id: 'MaintenanceInfo' });

export const serviceInstanceAnswer = z
  .object({
    service_id: z.string(),
    plan_id: z.string(),
    parameters: object,
    maintenance_info: maintenanceInfoAnswer.optional(),
  })
  .meta({ id: 'ServiceInstance' });

const bindingFields = {
  credentials: object.meta({ description: 'What the app connects with' }),
  endpoints: z.array(z.object({ host: z.string(), ports: z.array(z.string()) })).optional(),
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
    metadata: object.optional(),
    schemas: z.object({
      service_instance: z.object({ create: parameterSchema }),
      service_binding: z.object({ create: parameterSchema }),
    }),
    maximum_polling_duration: z.int().optional().meta({ description: 'Seconds' }),
    maintenance_info: maintenanceInfoAnswer.optional(),
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
    metadata: object.optional(),
    plans: z.array(planAnswer),
  })
  .meta({ id: 'ServiceOffering' });

export const catalogAnswer = z.object({ services: z.array(offeringAnswer) }).meta({ id: 'Catalog' });
