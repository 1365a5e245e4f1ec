import { expect, it } from 'vitest';
import { labelSelector } from '../../../src/kubernetes/labels.js';

it.each([
  [{}, ''],
  [{ app: 'a' }, 'app=a'],
  [{ 'holdfast.dev/instance': 'x', tier: 'b' }, 'holdfast.dev/instance=x,tier=b'],
])('selects %j as %j', (labels, selector) => {
  expect(labelSelector(labels)).toBe(selector);
});
