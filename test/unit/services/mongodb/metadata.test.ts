import { expect, it } from 'vitest';
import { metadata } from '../../../../src/services/mongodb/metadata.js';
import { templateSchema } from '../../../../src/services/mongodb/template.js';
import { instance, plan, shardedInstance } from './examples.js';

it('tells what an instance is', () => {
  expect(metadata(instance)).toEqual({
    labels: { topology: 'replica-set' },
    attributes: { version: '6.0.27', members: '3', memory: '2Gi', storage: '10Gi' },
  });
});

it('tells nothing of a sharded cluster that its users change', () => {
  expect(metadata(shardedInstance)).toEqual({
    labels: { topology: 'sharded-cluster' },
    attributes: { version: '6.0.27', memory: '2Gi', storage: '10Gi' },
  });
});

it('tells neither where it is, nor what it is made of', () => {
  const template = templateSchema.parse({
    ...plan,
    versions: { '6.0.27': 'registry.internal/secret' },
    storageClass: 'internal',
  });
  const text = JSON.stringify(metadata({ template }));
  expect(text).not.toMatch(/internal|secret|rs0|svc|27017/);
  expect(text).not.toContain(instance.id);
});
