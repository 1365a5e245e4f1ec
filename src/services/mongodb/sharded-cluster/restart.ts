import type { Cluster } from '../../../kubernetes/cluster.js';
import { done, type Step, wait } from '../../../operations/step.js';
import { podKind } from '../kinds.js';
import { describeMembers, isComplete } from '../members/pod-states.js';
import { patient } from '../replica-set/patience.js';
import type { Restart } from '../replica-set/restart.js';
import type { Routers } from './routers.js';
import { routersName } from './sharded-cluster.js';

/** One router after the other, each when all of them run. */
export function restartRouters(cluster: Cluster, routers: Routers, { name, isDue }: Restart): Step {
  return patient({
    key: `${name}-${routersName}`,
    description: 'restarting the routers one by one',
    async run({ signal }) {
      const observed = await routers.observe(signal);
      const running = observed.pods.filter((pod) => isComplete(pod) && pod.metadata?.deletionTimestamp === undefined);
      if (running.length < routers.names.length) return wait(describeMembers(routers.names, observed, 'routers'));
      for (const router of routers.addresses) {
        if (!(await isDue(router, signal))) continue;
        await cluster.remove(podKind, { namespace: router.namespace, name: router.pod }, signal);
        return wait(`restarting ${router.pod}`);
      }
      return done;
    },
  });
}
