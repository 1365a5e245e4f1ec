import type { ReconcilerTask } from '../operations/reconciler.js';
import type { ServiceBindingRecord } from '../store/records.js';
import type { ServiceBindingsRepository } from '../store/service-bindings.repository.js';

/** How many bindings one round ends. */
const batch = 100;

/** Bindings whose time has passed: their credentials are removed, and the audit says so. */
export function expireBindings(
  bindings: ServiceBindingsRepository,
  expire: (binding: ServiceBindingRecord) => Promise<void>,
): ReconcilerTask {
  return {
    name: 'expire-bindings',
    everyMilliseconds: 5_000,
    async run() {
      for (const binding of await bindings.findExpired(batch)) await expire(binding);
    },
  };
}
