import type { RefusalReason } from './refusal.js';

/**
 * What a request comes to; one of:
 *
 * - `accept`: it becomes an operation
 * - `in progress`: that operation runs already
 * - `unchanged`: what is asked for is so already
 * - `refuse`: nothing happens
 */
export type Decision<Accepted = object> = DeleteDecision<Accepted> | { readonly kind: 'unchanged' };

/** What a DELETE comes to: what is deleted already is unknown. */
export type DeleteDecision<Accepted = object> =
  | ({ readonly kind: 'accept' } & Accepted)
  | { readonly kind: 'in progress'; readonly operation: string }
  | { readonly kind: 'refuse'; readonly reason: RefusalReason; readonly message: string };

export const refuse = (reason: RefusalReason, message: string) => ({ kind: 'refuse', reason, message }) as const;
