import type { ClientSession } from 'mongodb';
import type { OperationKind, OperationRecord, Phase } from './records.js';
import type { Store } from './store.js';

const successful: Readonly<Record<OperationKind, Phase>> = {
  provision: 'ready',
  deprovision: 'deleted',
  bind: 'ready',
  unbind: 'deleted',
};

/** Where the end of an operation leaves the instance or the binding that it worked on. */
export function phaseAfter(kind: OperationKind, state: 'succeeded' | 'failed'): Phase {
  return state === 'succeeded' ? successful[kind] : 'failed';
}

/** Records what the end of an operation means for its instance or binding, in the transaction that ends it. */
export async function applyEffect(
  store: Store,
  operation: OperationRecord,
  state: 'succeeded' | 'failed',
  session: ClientSession,
): Promise<void> {
  const phase = phaseAfter(operation.kind, state);
  const change = { $set: { phase, living: phase !== 'deleted' } };
  const erasure =
    phase === 'deleted' ? { $currentDate: { deletedAt: true }, $unset: { parameters: '', secrets: '' } } : {};
  if (operation.binding !== undefined) {
    await store.bindings.updateOne({ _id: operation.binding }, { ...change, ...erasure } as object, { session });
    return;
  }
  await store.instances.updateOne({ _id: operation.instance }, { ...change, ...erasure } as object, { session });
  // The bindings go with their instance.
  if (phase === 'deleted') {
    const bindings = { instance: operation.instance, living: true };
    await store.bindings.updateMany(bindings, { ...change, ...erasure } as object, { session });
  }
}
