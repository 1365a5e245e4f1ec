import type { Backlog } from '../operations/backlog.js';
import type { ServiceBindingRecord } from '../store/records.js';
import type { ServiceBindingsRepository } from '../store/service-bindings.repository.js';

/** Bindings whose time has passed: their credentials are removed, and the audit says so. */
export function expiredBindings(
  bindings: Pick<ServiceBindingsRepository, 'findExpired'>,
  expire: (binding: ServiceBindingRecord) => Promise<void>,
): Backlog<ServiceBindingRecord> {
  return {
    name: 'expire-bindings',
    everyMilliseconds: 5_000,
    atOnce: 100,
    find: (limit, after) => bindings.findExpired(limit, after),
    begin: expire,
  };
}
