import type { Backlog } from '../operations/backlog.js';
import type { ServiceInstanceRecord } from '../store/records.js';
import type { ServiceInstancesRepository } from '../store/service-instances.repository.js';
import type { Acceptance } from './acceptance.js';
import { Refusal } from './refusal.js';
import type { Accepted, Caller } from './requests.js';
import { decideRotation } from './rotation.js';
import type { Services } from './services.js';

/** Has secrets of instances exchanged. */
export class Rotations {
  constructor(
    private readonly services: Services,
    private readonly instances: ServiceInstancesRepository,
    private readonly acceptance: Acceptance,
  ) {}

  /**
   * @param id the instance's internal id
   * @param what as the instance's service calls it
   * @param asker left out where it is Holdfast itself
   * @throws Refusal
   */
  async rotate(id: string, what: string, asker: Omit<Caller, 'platform'> = {}): Promise<Accepted> {
    const read = async () => {
      const found = await this.instances.find(id);
      return found?.living ? found : undefined;
    };
    const decide = async () => {
      const instance = await read();
      const rotatable = instance ? this.services.of(instance.service).rotation.rotatable : [];
      return decideRotation(what, rotatable, instance);
    };
    return await this.acceptance.settle(decide, ({ instance, isBegun }) =>
      this.#accept(instance, { what, isBegun }, { ...asker, platform: instance.platform }),
    );
  }

  async #accept(
    instance: ServiceInstanceRecord,
    { what, isBegun }: { readonly what: string; readonly isBegun: boolean },
    caller: Caller,
  ): Promise<Accepted> {
    const { _id, service, instanceId, plan } = instance;
    const work = {
      kind: 'rotate' as const,
      service,
      procedureVersion: this.services.of(service).rotation.carryOut.current,
      instance: _id,
      maximumPollingDuration: plan.maximumPollingDuration,
      caller,
      instanceId,
    };
    return await this.acceptance.accept(work, (operation) => ({
      instance: this.instances.claim(instance, { rotation: { what, operation, begun: isBegun } }),
    }));
  }
}

/** What is short-lived is exchanged long before its time is over; what has failed is carried on. */
export function dueRotations(
  instances: Pick<ServiceInstancesRepository, 'findRotationDue'>,
  rotations: Pick<Rotations, 'rotate'>,
): Backlog<ServiceInstanceRecord> {
  return {
    name: 'rotate-due',
    everyMilliseconds: 5_000,
    // Each restarts nothing, or one server after the other.
    atOnce: 10,
    find: (limit, after) => instances.findRotationDue(limit, after),
    async begin({ _id: instance, rotation, nextRotation }) {
      const what = rotation?.what ?? nextRotation?.what;
      if (what === undefined) return;
      try {
        await rotations.rotate(instance, what);
      } catch (error) {
        // Something else has begun on it meanwhile: the next round looks again.
        if (!(error instanceof Refusal)) throw error;
      }
    },
  };
}
