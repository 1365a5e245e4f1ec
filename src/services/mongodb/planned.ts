import { type Cluster, ClusterError, type Manifest } from '../../kubernetes/cluster.js';
import { OperatorError } from '../../operations/errors.js';

/** Applies what follows from a plan: where the cluster finds it invalid, no retry mends that. */
export async function applyPlanned<T extends Manifest>(
  cluster: Cluster,
  manifests: readonly T[],
  signal: AbortSignal,
): Promise<readonly T[]> {
  try {
    return await Promise.all(manifests.map((manifest) => cluster.apply(manifest, signal)));
  } catch (error) {
    if (!(error instanceof ClusterError && error.isInvalid)) throw error;
    throw new OperatorError('the cluster refuses an object of the plan', error.message, { cause: error });
  }
}
