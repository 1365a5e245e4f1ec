import type { Filter } from 'mongodb';
import {
  type AuditEventRecord,
  livingPhases,
  type OperationRecord,
  type OperationState,
  operationStates,
  type Phase,
  type ServiceBindingRecord,
  type ServiceInstanceRecord,
} from './records.js';
import type { Store } from './store.js';

/** What operators see of an instance. Parameters, secrets and contexts do not leave the store. */
export type InstanceSummary = Pick<ServiceInstanceRecord, (typeof instanceFields)[number]>;
const instanceFields = [
  '_id',
  'platform',
  'instanceId',
  'phase',
  'living',
  'service',
  'serviceId',
  'planId',
  'plan',
  'organizationGuid',
  'spaceGuid',
  'lastOperation',
  'unsettled',
  'createdAt',
  'deletedAt',
] as const;

export type BindingSummary = Pick<ServiceBindingRecord, (typeof bindingFields)[number]>;
const bindingFields = [
  '_id',
  'bindingId',
  'phase',
  'living',
  'appGuid',
  'predecessor',
  'lastOperation',
  'createdAt',
  'deletedAt',
  'expiresAt',
  'renewBefore',
] as const;

const only = (fields: readonly string[]) => Object.fromEntries(fields.map((name) => [name, 1]));

/** Where a page begins: after this one. */
export interface Place {
  readonly at: Date;
  readonly id: string;
}

export interface InstanceFilter {
  readonly platform?: string | undefined;
  readonly phase?: Phase | undefined;
  readonly planId?: string | undefined;
}

export interface OperationFilter {
  /** Any of these. */
  readonly states?: readonly OperationState[] | undefined;
  /** Internal id. */
  readonly instance?: string | undefined;
}

export interface AuditFilter {
  readonly platform?: string | undefined;
  /** The platform's id. */
  readonly instanceId?: string | undefined;
}

/*
 * The index of each page, by what is asked for: on a small store another one seems as good, and would be kept in use
 * when the store has grown.
 */
const instanceIndexes = {
  '': 'by_phase',
  platform: 'of_a_platform_by_phase',
  planId: 'of_a_plan_by_phase',
  'platform planId': 'of_a_platform_and_plan_by_phase',
} as const;
const operationIndexes = { '': 'newest_in_a_state', instance: 'newest_of_an_instance_in_a_state' } as const;
const eventIndexes = {
  '': 'in_order',
  platform: 'of_a_platform',
  instanceId: 'of_an_id',
  'platform instanceId': 'of_an_instance_in_order',
} as const;

function indexFor(
  asked: Readonly<Record<string, string | undefined>>,
  indexes: Readonly<Record<string, string>>,
): string {
  const given = Object.keys(asked).filter((field) => asked[field] !== undefined);
  const index = indexes[given.join(' ')];
  if (index === undefined) throw new Error(`no index has ${given.join(' and ')}`);
  return index;
}

/** Most bindings of one instance that are told. */
const mostBindings = 1_000;

/** What the operators' API reads: across platforms, in pages, by indexes, and nothing that is secret. */
export class OperatorsRepository {
  constructor(private readonly store: Store) {}

  /** Living ones, or those in the phase that is asked for; in order of their internal ids. */
  async instances(
    { platform, phase, planId }: InstanceFilter,
    after: string | undefined,
    limit: number,
  ): Promise<readonly InstanceSummary[]> {
    const filter: Filter<ServiceInstanceRecord> = {
      // Each phase is a range of an index that is in the order of the page.
      phase: { $in: phase === undefined ? livingPhases : [phase] },
      ...(platform !== undefined && { platform }),
      ...(planId !== undefined && { planId }),
      ...(after !== undefined && { _id: { $gt: after } }),
    };
    return await this.store.instances
      .find(filter)
      .project<InstanceSummary>(only(instanceFields))
      .sort({ _id: 1 })
      .hint(indexFor({ platform, planId }, instanceIndexes))
      .limit(limit)
      .toArray();
  }

  /** @param id internal */
  async instance(id: string): Promise<InstanceSummary | undefined> {
    const [found] = await this.store.instances
      .find({ _id: id })
      .project<InstanceSummary>(only(instanceFields))
      .limit(1)
      .toArray();
    return found;
  }

  /** @param instance internal id */
  async bindingsOf(instance: string): Promise<readonly BindingSummary[]> {
    return await this.store.bindings
      .find({ instance })
      .project<BindingSummary>(only(bindingFields))
      .sort({ _id: 1 })
      .limit(mostBindings)
      .toArray();
  }

  /** The newest first. */
  async operations(
    { states, instance }: OperationFilter,
    after: Place | undefined,
    limit: number,
  ): Promise<readonly OperationRecord[]> {
    const filter: Filter<OperationRecord> = {
      state: { $in: states ?? operationStates },
      ...(instance !== undefined && { instance }),
      // The first of both is what the index is entered by.
      ...(after && {
        acceptedAt: { $lte: after.at },
        $or: [{ acceptedAt: { $lt: after.at } }, { _id: { $lt: after.id } }],
      }),
    };
    return await this.store.operations
      .find(filter)
      .sort({ acceptedAt: -1, _id: -1 })
      .hint(indexFor({ instance }, operationIndexes))
      .limit(limit)
      .toArray();
  }

  async operation(id: string): Promise<OperationRecord | null> {
    return await this.store.operations.findOne({ _id: id });
  }

  /** The oldest first, so that whoever follows the audit goes on where they were. */
  async auditEvents(
    { platform, instanceId }: AuditFilter,
    after: Place | undefined,
    limit: number,
  ): Promise<readonly AuditEventRecord[]> {
    const filter: Filter<AuditEventRecord> = {
      ...(platform !== undefined && { platform }),
      ...(instanceId !== undefined && { instanceId }),
      ...(after && { at: { $gte: after.at }, $or: [{ at: { $gt: after.at } }, { _id: { $gt: after.id } }] }),
    };
    return await this.store.auditEvents
      .find(filter)
      .sort({ at: 1, _id: 1 })
      .hint(indexFor({ platform, instanceId }, eventIndexes))
      .limit(limit)
      .toArray();
  }
}
