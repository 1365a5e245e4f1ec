/**
 * Why a request is not carried out. The HTTP edge has one table that gives each reason its status and error code.
 *
 * - `invalid`: something in the request is wrong (400)
 * - `absent`: no such instance or binding (404, of a GET)
 * - `gone`: no such instance or binding (410, of a DELETE)
 * - `conflict`: the id is in use with other attributes (409)
 * - `concurrency`: another operation runs (422 ConcurrencyError)
 * - `maintenance-info`: not the catalog's version (422 MaintenanceInfoConflict)
 * - `unprocessable`: understood, and cannot be done (422)
 * - `failed`: it was tried within the request, and failed (500)
 * - `late`: it was not done within the request, and was undone (504)
 * - `unavailable`: the store, or whom it takes to know who asks, cannot be reached (503)
 */
export type RefusalReason =
  | 'invalid'
  | 'absent'
  | 'gone'
  | 'conflict'
  | 'concurrency'
  | 'maintenance-info'
  | 'unprocessable'
  | 'failed'
  | 'late'
  | 'unavailable';

/** A request that changed nothing. `message` is told to the user. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly reason: RefusalReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
