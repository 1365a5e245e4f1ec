import type { JsonObject } from '../services/service.js';
import type { Sealed } from './encryption.js';

/**
 * Where an instance or a binding stands.
 *
 * - `creating` → `ready` or `failed`
 * - `updating` (instances) → `ready`, with what it was before where the update fails
 * - `expiring` (bindings) → `expired`, or `ready` again where that fails
 * - `deleting` → `deleted` or `failed`; entered from each of the others
 */
export type Phase = 'creating' | 'ready' | 'updating' | 'expiring' | 'expired' | 'failed' | 'deleting' | 'deleted';

/** Of what is living: all but `deleted`. */
export const livingPhases = [
  'creating',
  'ready',
  'updating',
  'expiring',
  'expired',
  'failed',
  'deleting',
] as const satisfies readonly Phase[];

interface Owned {
  /** Internal id, new for each incarnation. */
  readonly _id: string;
  /** The platform's identity. */
  readonly platform: string;
  /** False once it is deleted. The platform's id is unique among the living. */
  readonly living: boolean;
  readonly phase: Phase;
  readonly serviceId: string;
  readonly planId: string;
  readonly context: JsonObject;
  /** Gone, as the secrets, once it is deleted. */
  readonly parameters?: Sealed;
  /** What the service generated; stored before its first use. */
  readonly secrets?: Sealed;
  /** The newest operation, what last_operation tells of. */
  readonly lastOperation: string;
  readonly createdAt: Date;
  readonly deletedAt?: Date;
}

export interface ServiceInstanceRecord extends Owned {
  readonly instanceId: string;
  readonly organizationGuid: string;
  readonly spaceGuid: string;
  /** Name of the service in `src/services`. */
  readonly service: string;
  /** The plan as it was resolved at acceptance: the catalog may change later. */
  readonly plan: ResolvedPlan;
  /** What operations found out of it in the cluster; nothing secret. */
  readonly found?: JsonObject;
  /** Rises whenever an operation of the instance or of its bindings is accepted, so that those exclude each other. */
  readonly revision: number;
  /** An update failed: what the cluster has may be neither what was nor what was to be. */
  readonly unsettled?: boolean;
  /** What an update that runs makes of it. */
  readonly update?: PendingUpdate;
  /** What of the secrets is to be rotated next. */
  readonly nextRotation?: { readonly what: string; readonly at: Date };
  /** A rotation that is not done: it runs, or has failed and is to be carried on. */
  readonly rotation?: PendingRotation;
}

export interface PendingRotation {
  readonly what: string;
  /** While it runs. */
  readonly operation?: string;
  /** The secrets are those that it brings about. */
  readonly begun: boolean;
}

export interface PendingUpdate {
  readonly planId: string;
  readonly plan: ResolvedPlan;
  readonly parameters: Sealed;
  readonly context: JsonObject;
}

export interface ResolvedPlan {
  readonly name: string;
  readonly template: JsonObject;
  readonly templateVersion: number;
  /** Seconds. */
  readonly maximumPollingDuration: number;
  readonly maintenanceInfoVersion?: string;
}

export interface ServiceBindingRecord extends Owned {
  readonly bindingId: string;
  /** Internal id of the instance. */
  readonly instance: string;
  readonly appGuid?: string;
  readonly bindResource: JsonObject;
  /** The platform's id of the binding that this one succeeds. */
  readonly predecessor?: string;
  readonly renewBefore?: Date;
  readonly expiresAt?: Date;
}

/**
 * What we do by ourselves: `expire` is an `unbind`, and the binding stays until the platform unbinds it; `rotate`
 * exchanges secrets of an instance, which stays ready meanwhile.
 */
export const operationKinds = ['provision', 'update', 'deprovision', 'rotate', 'bind', 'unbind', 'expire'] as const;
export type OperationKind = (typeof operationKinds)[number];

/**
 * - `queued`: waits for its turn, in order of acceptance
 * - `running`: may take leases and run steps
 * - `superseded`: ended by the DELETE of what it worked on
 */
export type OperationState = 'queued' | 'running' | 'succeeded' | 'failed' | 'superseded';

export const operationStates: readonly OperationState[] = ['queued', 'running', 'succeeded', 'failed', 'superseded'];

export interface StepRecord {
  readonly startedAt: Date;
  readonly endedAt: Date;
}

export interface OperationRecord {
  readonly _id: string;
  readonly kind: OperationKind;
  readonly service: string;
  /** Version of the list of stages, fixed at acceptance. */
  readonly procedureVersion: number;
  readonly instance: string;
  readonly binding?: string;
  /** The instance's or the binding's id: at most one active operation each. */
  readonly subject: string;
  readonly state: OperationState;
  /** `state` is `queued` or `running`. */
  readonly active: boolean;
  /** Which of the places for concurrent provisions it holds. */
  readonly slot?: number;
  readonly lease: Lease;
  readonly steps: Readonly<Record<string, StepRecord>>;
  /** What happens, in the user's words. */
  readonly progress: string;
  /** Waits and passing errors since a step was last done: the timers back off by it. */
  readonly pauses: number;
  /** When it is to run again at the latest. */
  readonly wakeAt: Date;
  readonly deadline: Date;
  readonly acceptedAt: Date;
  /** W3C Trace Context of the request that asked for it, where that was traced: its runs are parts of the same trace. */
  readonly trace?: string;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
}

/** The right to run an operation's steps. `until` is by the store's clock; `epoch` is named by every write of its holder. */
export interface Lease {
  readonly owner: string | null;
  readonly until: Date;
  readonly epoch: number;
}

/** Who asked for what, and how it ended. Never a parameter or a credential. Written once, and never changed. */
export interface AuditEventRecord {
  readonly _id: string;
  /** By the store's clock. */
  readonly at: Date;
  readonly event: 'accepted' | 'succeeded' | 'failed' | 'superseded';
  /** Left out where the request was carried out at once. */
  readonly operation?: string;
  readonly kind: OperationKind | 'read-credentials';
  readonly platform: string;
  /** Which of the platform's credentials asked. */
  readonly credential?: string;
  readonly instanceId: string;
  readonly bindingId?: string;
  readonly originatingIdentity?: { readonly platform: string; readonly value: JsonObject };
  readonly requestIdentity?: string;
  readonly detail?: string;
}

/** Something in the cluster that no instance owns. */
export interface OrphanRecord {
  /** The namespace's name. */
  readonly _id: string;
  readonly since: Date;
}
