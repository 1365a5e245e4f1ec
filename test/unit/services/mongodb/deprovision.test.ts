import { expect, it } from 'vitest';
import { describeNamespace } from '../../../../src/services/mongodb/deprovision.js';

it.each([
  ['nothing is known', {}, ''],
  [
    'an object has a finalizer',
    {
      status: {
        conditions: [
          { type: 'NamespaceDeletionContentFailure', status: 'False', message: 'All content successfully deleted' },
          {
            type: 'NamespaceFinalizersRemaining',
            status: 'True',
            message: 'Some content has finalizers: example.com/a',
          },
        ],
      },
    },
    ': Some content has finalizers: example.com/a',
  ],
  ['the namespace has one', { metadata: { finalizers: ['example.com/b'] } }, ': finalizers example.com/b'],
])('tells why a namespace is still there: %s', (_, namespace, expected) => {
  expect(describeNamespace(namespace)).toBe(expected);
});
