import { describe, expect, it } from 'vitest';
import { templateSchema } from '../../../../src/services/mongodb/template.js';
import { plan } from './examples.js';

describe('template', () => {
  it('looks the image of the version up', () => {
    expect(templateSchema.parse(plan)).toEqual({
      topology: 'replica-set',
      members: 3,
      version: '6.0.27',
      image: 'mongo:6.0.27',
      readinessImage: 'holdfast/mongodb-readiness:1',
      cpu: '500m',
      memory: '2Gi',
      memoryRequest: '2Gi',
      storage: '10Gi',
    });
  });

  it('lets a request be smaller than the limit', () => {
    expect(templateSchema.parse({ ...plan, memoryRequest: '160Mi' })).toMatchObject({
      memory: '2Gi',
      memoryRequest: '160Mi',
    });
  });

  it.each([
    ['an unknown version', { version: '5.0' }, 'version', 'is not in versions, which has: 6.0.27'],
    ['an even number of members', { members: 2 }, 'members', undefined],
    ['an unknown topology', { topology: 'ring' }, 'topology', undefined],
    ['what is no quantity', { memory: '2 GB' }, 'memory', 'is no Kubernetes quantity of bytes'],
    ['thousandths of a byte', { storage: '5m' }, 'storage', 'is no Kubernetes quantity of bytes'],
    ['what is no CPU', { cpu: '1Gi' }, 'cpu', 'is no Kubernetes quantity of CPU'],
    ['what is no label', { version: 'six zero' }, 'version', 'cannot be the value of a label'],
  ])('refuses %s', (_, change, path, message) => {
    const { error } = templateSchema.safeParse({ ...plan, ...change });
    expect(error?.issues[0]?.path).toEqual([path]);
    if (message) expect(error?.issues[0]?.message).toBe(message);
  });

  it('refuses a field that it does not know', () => {
    expect(templateSchema.safeParse({ ...plan, memmory: '1Gi' }).success).toBe(false);
  });
});
