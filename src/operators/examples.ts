/* Of the OpenAPI document. */

const time = '2026-12-31T23:59:59.123Z';

export const instanceExample = {
  id: 'pzqxc6w2iyhgvhb3lhrb',
  platform: 'cf-eu',
  instance_id: 'my-database',
  phase: 'ready',
  service: 'mongodb',
  service_id: '9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e01',
  plan_id: '9b1c4a52-6f0e-4d57-9a3b-0f6d5f1c7e12',
  plan: 'replica-set-small',
  organization_guid: 'my-organization',
  space_guid: 'my-space',
  last_operation: 'op-3v7n4o67l2cfudogzjsj',
  settled: true,
  created_at: time,
};

export const bindingExample = {
  id: 'harsxmcfwg6znnpjwtvi',
  binding_id: 'my-app',
  phase: 'ready',
  app_guid: 'app-1',
  last_operation: 'op-dk2v6drg5y3l7nqmzwxa',
  created_at: time,
};

export const operationExample = {
  id: 'op-3v7n4o67l2cfudogzjsj',
  kind: 'provision',
  state: 'succeeded',
  instance: 'pzqxc6w2iyhgvhb3lhrb',
  description: 'done',
  accepted_at: time,
  started_at: time,
  ended_at: time,
  deadline: time,
  steps: [{ name: 'namespace', started_at: time, ended_at: time }],
};

export const auditEventExample = {
  id: 'rbn5tqk2ymzw4d7ls3xa',
  at: time,
  event: 'accepted',
  kind: 'provision',
  platform: 'cf-eu',
  credential: 'basic:cf',
  instance_id: 'my-database',
  operation: 'op-3v7n4o67l2cfudogzjsj',
};
