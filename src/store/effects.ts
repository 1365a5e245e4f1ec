import type { ClientSession, Document } from 'mongodb';
import type { OperationKind, OperationRecord, Phase } from './records.js';
import type { Store } from './store.js';

const phases: Readonly<
  Record<Exclude<OperationKind, 'rotate'>, { readonly succeeded: Phase; readonly failed: Phase }>
> = {
  provision: { succeeded: 'ready', failed: 'failed' },
  // What a failed update leaves can be used, and updated again.
  update: { succeeded: 'ready', failed: 'ready' },
  deprovision: { succeeded: 'deleted', failed: 'failed' },
  bind: { succeeded: 'ready', failed: 'failed' },
  unbind: { succeeded: 'deleted', failed: 'failed' },
  // Tried again in the next round.
  expire: { succeeded: 'expired', failed: 'ready' },
};

/** Where the end of an operation leaves the instance or the binding that it worked on. */
export function phaseAfter(kind: Exclude<OperationKind, 'rotate'>, state: 'succeeded' | 'failed'): Phase {
  return phases[kind][state];
}

/** Records what the end of an operation means for its instance or binding, in the transaction that ends it. */
export async function applyEffect(
  store: Store,
  { kind, instance, binding }: OperationRecord,
  state: 'succeeded' | 'failed',
  session: ClientSession,
): Promise<void> {
  if (kind === 'rotate') {
    await store.instances.updateOne({ _id: instance }, rotationEnded(state), { session });
    return;
  }
  const phase = phaseAfter(kind, state);
  if (binding !== undefined) {
    await store.bindings.updateOne({ _id: binding }, changesTo(phase), { session });
    return;
  }
  const update = kind === 'update' ? updateEnded(state) : [];
  await store.instances.updateOne({ _id: instance }, [...update, ...changesTo(phase)], { session });
  // The bindings go with their instance.
  if (phase === 'deleted') {
    await store.bindings.updateMany({ instance, living: true }, changesTo(phase), { session });
  }
}

/** How long after a failure a rotation is carried on. */
const rotationRetryMinutes = 10;

function rotationEnded(state: 'succeeded' | 'failed'): Document[] {
  if (state === 'succeeded') return [{ $unset: 'rotation' }];
  const at = { $dateAdd: { startDate: '$$NOW', unit: 'minute', amount: rotationRetryMinutes } };
  return [{ $set: { nextRotation: { what: '$rotation.what', at } } }, { $unset: 'rotation.operation' }];
}

function changesTo(phase: Phase): Document[] {
  if (phase !== 'deleted') return [{ $set: { phase } }];
  return [{ $set: { phase, living: false, deletedAt: '$$NOW' } }, { $unset: ['parameters', 'secrets'] }];
}

function updateEnded(state: 'succeeded' | 'failed'): Document[] {
  const fields = ['planId', 'plan', 'parameters', 'context'];
  const taken = { $set: Object.fromEntries(fields.map((field) => [field, `$update.${field}`])) };
  return state === 'succeeded'
    ? [taken, { $unset: ['update', 'unsettled'] }]
    : [{ $set: { unsettled: true } }, { $unset: 'update' }];
}
