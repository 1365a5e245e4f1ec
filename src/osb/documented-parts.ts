import { acceptedAnswer, lastOperationAnswer } from './answer-schemas.js';

/* What several verbs have in common in the OpenAPI document. */

const accepts = (description: string, required: boolean) => ({
  accepts_incomplete: { description, required, example: 'true' },
});
export const mustAcceptIncomplete = accepts('Must be `true`: the work is done asynchronously', true);
export const mayAcceptIncomplete = accepts(
  '`true` where the platform polls. Without it, or before API version 2.14, the answer comes when the work is done; ' +
    'what takes too long is undone and answered with 504',
  false,
);
export const acceptIncompleteUnlessContext = accepts(
  'Must be `true`, unless the body has nothing to change but the context',
  false,
);

export const ids = {
  service_id: '9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e01',
  plan_id: '9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e12',
};
export const requiredIds = {
  service_id: { description: 'Id of the offering', required: true, example: ids.service_id },
  plan_id: { description: 'Id of the plan', required: true, example: ids.plan_id },
};
export const hintIds = {
  service_id: { description: 'Id of the offering; a hint' },
  plan_id: { description: 'Id of the plan; a hint' },
};
export const operationHint = {
  operation: { description: 'As answered when the operation was accepted; without it, the latest one is told' },
};

export const accepted = (description: string) => ({
  description,
  schema: acceptedAnswer,
  example: { operation: 'op-4zq2mhcxk5v3wfa7e6bd' },
});
export const polled = {
  description: 'The operation',
  schema: lastOperationAnswer,
  example: { state: 'in progress', description: 'waiting for members: 2 of 3 are ready' },
  headers: { 'Retry-After': 'Seconds after which it is worth asking again, while in progress' },
};
export const bindingExample = {
  credentials: {
    uri: 'mongodb://u-4zq2mhcxk5v3wfa7e6bd:password@rs0-0.rs0.m-x.svc.cluster.local:27017/app?replicaSet=rs0&tls=true',
  },
  endpoints: [{ host: 'rs0-0.rs0.m-x.svc.cluster.local', ports: ['27017'] }],
  metadata: { expires_at: '2026-12-31T23:59:59.0Z', renew_before: '2026-12-24T23:59:59.0Z' },
};

const noParameters = {
  parameters: { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', additionalProperties: false },
};
export const catalogExample = {
  services: [
    {
      name: 'mongodb',
      id: ids.service_id,
      description: 'MongoDB replica sets with TLS and credentials for each app',
      tags: ['mongodb', 'document', 'database'],
      bindable: true,
      instances_retrievable: true,
      bindings_retrievable: true,
      plan_updateable: false,
      allow_context_updates: true,
      plans: [
        {
          id: ids.plan_id,
          name: 'replica-set-small',
          description: 'Three members with 1 GiB of memory each',
          free: false,
          bindable: true,
          plan_updateable: false,
          binding_rotatable: true,
          schemas: {
            service_instance: { create: noParameters, update: noParameters },
            service_binding: { create: noParameters },
          },
          maximum_polling_duration: 900,
          maintenance_info: { version: '1.0.0', description: 'First release' },
        },
      ],
    },
  ],
};
