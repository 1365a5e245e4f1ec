import type { OperationRecord } from '../store/records.js';
import type { Procedure } from './step.js';

/** Where the engine, which knows no service, gets what an operation consists of. */
export abstract class Procedures {
  /**
   * The steps of an operation, in the version that it was accepted with. What has to be generated before they run
   * is generated, and stored, by then.
   */
  abstract load(operation: OperationRecord): Promise<Procedure>;
}
