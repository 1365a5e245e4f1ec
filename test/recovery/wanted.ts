import type { JsonObject } from '../../src/services/service.js';
import type { AppCredentials } from '../support/apps.js';

/** An instance as it is to be, by all that was asked for. */
export interface Wanted {
  /** The internal id. */
  readonly id: string;
  /** What an instance without bindings has; unknown until one was made undisturbed. */
  readonly inventory: readonly string[] | undefined;
  readonly parameters: JsonObject;
  readonly bindings: readonly AppCredentials[];
  /** Those that there were. */
  readonly unbound: readonly AppCredentials[];
  /** How often its secrets were generated, or exchanged. */
  readonly secretChanges: number;
  /** The kinds of the operations that were asked for. */
  readonly operations: readonly string[];
}
