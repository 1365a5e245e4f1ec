import type { OperationRecord } from '../store/records.js';
import type { Procedure } from './step.js';

/** Where the engine, which knows no service, gets what an operation consists of. */
export abstract class Procedures {
  /**
   * The steps of an operation, in the version that it was accepted with. What has to be generated before they run
   * is generated, and stored, by then.
   */
  abstract load(operation: OperationRecord): Promise<Procedure>;

  /**
   * What takes away what the operation may have made after its lease was lost, where nobody else will: its subject is
   * deleted, or being so. `undefined` where there is nothing to take away, or it goes with something else.
   */
  abstract loadRemoval(operation: OperationRecord): Promise<Procedure | undefined>;
}
