import type { V1ContainerStatus, V1PersistentVolumeClaim, V1Pod } from '@kubernetes/client-node';
import { expect, it } from 'vitest';
import { describeMembers, isComplete, isRunning } from '../../../../src/services/mongodb/members/pod-states.js';

const names = ['rs0-0', 'rs0-1', 'rs0-2'];

const pod = (name: string, status: V1Pod['status']): V1Pod => ({
  metadata: { name },
  status: { phase: 'Pending', ...status },
});
const unschedulable = (message: string): V1Pod['status'] => ({
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
});
const containers = (...containerStatuses: Partial<V1ContainerStatus>[]): V1Pod['status'] => ({
  containerStatuses: containerStatuses.map((status) => ({
    name: 'mongod',
    image: 'mongo:6.0.27',
    imageID: '',
    ready: false,
    restartCount: 0,
    ...status,
  })),
});
const running = { phase: 'Running', ...containers({ state: { running: {} } }) };
const pendingClaim: V1PersistentVolumeClaim = { metadata: { name: 'data-rs0-0' }, status: { phase: 'Pending' } };

it.each<[string, V1Pod['status'], string]>([
  [
    'memory on every node',
    unschedulable(
      '0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available: 1 No victims found.',
    ),
    'Pending: insufficient memory on every node',
  ],
  [
    'different reasons',
    unschedulable('0/3 nodes are available: 1 Insufficient cpu, 2 Insufficient memory.'),
    'Pending: of 3 nodes: 1 insufficient cpu, 2 insufficient memory',
  ],
  [
    'unbound claims',
    unschedulable('0/2 nodes are available: 2 pod has unbound immediate PersistentVolumeClaims.'),
    'Pending: pod has unbound immediate PersistentVolumeClaims on every node',
  ],
  ['words of another scheduler', unschedulable('no quota'), 'Pending: no quota'],
  [
    'an image that is not there',
    containers({ state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off …' } } }),
    'Pending: ImagePullBackOff: the image mongo:6.0.27 cannot be pulled',
  ],
  [
    'a mongod that ends',
    {
      phase: 'Running',
      ...containers({
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 14 } },
      }),
    },
    'Running: CrashLoopBackOff: mongod ended with exit code 14',
  ],
  [
    'a missing Secret',
    containers({ state: { waiting: { reason: 'CreateContainerConfigError', message: 'secret "tls" not found' } } }),
    'Pending: CreateContainerConfigError: secret "tls" not found',
  ],
  ['a start', containers({ state: { waiting: { reason: 'ContainerCreating' } } }), 'Pending: its containers start'],
])('tells of %s', (_, status, expected) => {
  const pods = [pod('rs0-0', status), pod('rs0-1', running), pod('rs0-2', running)];
  expect(describeMembers(names, { pods, claims: [] })).toBe(`waiting for members: 1 of 3 is ${expected}`);
});

it('tells of members that are alike together', () => {
  const pods = [pod('rs0-0', running), pod('rs0-1', undefined)];
  expect(describeMembers(names, { pods, claims: [] })).toBe(
    'waiting for members: 1 of 3 is Pending: its containers start; 1 of 3 is not created yet',
  );
  expect(describeMembers(names, { pods: [], claims: [] })).toBe('waiting for members: 3 of 3 are not created yet');
});

it('tells of a volume that is not there', () => {
  const pods = [pod('rs0-0', undefined), pod('rs0-1', running), pod('rs0-2', running)];
  expect(describeMembers(names, { pods, claims: [pendingClaim] })).toBe(
    'waiting for members: 1 of 3 is Pending: its volume data-rs0-0 is not there yet',
  );
});

it('tells when all run', () => {
  const pods = names.map((name) => pod(name, running));
  expect(describeMembers(names, { pods, claims: [] })).toBe('waiting for members: 3 of 3 are running');
  expect(isRunning(pods[0])).toBe(true);
  expect(isRunning(undefined)).toBe(false);
});

it.each<[string, V1Pod['status'], boolean]>([
  ['all containers run', containers({ state: { running: {} } }, { name: 'readiness', state: { running: {} } }), true],
  [
    'the probe cannot be pulled',
    containers({ state: { running: {} } }, { name: 'readiness', state: { waiting: { reason: 'ErrImagePull' } } }),
    false,
  ],
  ['nothing is known of its containers', {}, false],
])('is complete only where all of it runs: %s', (_, status, expected) => {
  expect(isComplete(pod('rs0-0', status))).toBe(expected);
});
