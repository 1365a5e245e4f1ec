import type { ServiceInstanceRecord } from '../store/records.js';
import { type DeleteDecision, refuse } from './decision.js';

/** Exchanging secrets of an instance, which an operator asks for, or Holdfast itself when their time comes. */
export function decideRotation(
  what: string,
  rotatable: readonly string[],
  instance: ServiceInstanceRecord | undefined,
): DeleteDecision<{ readonly instance: ServiceInstanceRecord; readonly isBegun: boolean }> {
  if (!instance) return refuse('absent', 'there is no instance of this id');
  if (!rotatable.includes(what)) return refuse('invalid', `what can be rotated is ${rotatable.join(', ')}`);
  const { rotation } = instance;
  if (rotation?.operation !== undefined && rotation.what === what) {
    return { kind: 'in progress', operation: rotation.operation };
  }
  if (rotation?.operation !== undefined) {
    return refuse('concurrency', `the rotation of ${rotation.what} is running: try again when it has ended`);
  }
  if (rotation?.begun && rotation.what !== what) {
    return refuse('concurrency', `the rotation of ${rotation.what} has failed halfway: it has to be carried on first`);
  }
  if (instance.phase !== 'ready') return refuse('concurrency', `the instance is ${instance.phase}, not ready`);
  return { kind: 'accept', instance, isBegun: rotation?.begun === true };
}
