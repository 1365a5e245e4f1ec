import type { Environment } from '../../../../src/services/mongodb/environment.js';
import type { InstanceSecrets } from '../../../../src/services/mongodb/secrets.js';
import { templateSchema } from '../../../../src/services/mongodb/template.js';
import type { Instance } from '../../../../src/services/service.js';

export const plan = {
  topology: 'replica-set',
  members: 3,
  version: '6.0.27',
  versions: { '6.0.27': 'mongo:6.0.27' },
  readinessImage: 'holdfast/mongodb-readiness:1',
  cpu: '500m',
  memory: '2Gi',
  storage: '10Gi',
};

export const template = templateSchema.parse(plan);

export const environment: Pick<Environment, 'brokerId' | 'clusterDomain'> = {
  brokerId: 'b1',
  clusterDomain: 'cluster.local',
};

/** Secrets that are the same in each run. */
export const secrets: InstanceSecrets = {
  keyFile: 'a2V5RmlsZQ==',
  adminPassword: 'admin-password',
  authority: { certificate: 'the CA certificate', key: 'the CA key' },
  member: { certificate: 'the member certificate', key: 'the member key' },
};

export const instance: Instance<typeof template, InstanceSecrets> = {
  id: 'abcdefghij0123456789',
  owner: { platform: 'cf', instanceId: 'any/id?' },
  template,
  parameters: {},
  secrets,
};
