import type { JsonObject } from '../services/service.js';

/** Who asks, and on whose behalf. */
export interface Caller {
  /** The platform's identity: the name of its credentials. Ids of instances are unique per platform. */
  readonly platform: string;
  /** The user on the platform, as its originating-identity header tells; kept for audit. */
  readonly originatingIdentity?: { readonly platform: string; readonly value: JsonObject };
  readonly requestIdentity?: string;
}

export interface InstanceAddress {
  readonly caller: Caller;
  readonly instanceId: string;
}

export interface BindingAddress extends InstanceAddress {
  readonly bindingId: string;
}

export interface ProvisionRequest extends InstanceAddress {
  readonly serviceId: string;
  readonly planId: string;
  readonly organizationGuid: string;
  readonly spaceGuid: string;
  readonly context: JsonObject;
  readonly parameters: JsonObject;
  readonly maintenanceInfoVersion?: string;
}

export interface DeprovisionRequest extends InstanceAddress {
  readonly serviceId: string;
  readonly planId: string;
}

export interface BindRequest extends BindingAddress {
  readonly serviceId: string;
  readonly planId: string;
  readonly appGuid?: string;
  readonly bindResource: JsonObject;
  readonly context: JsonObject;
  readonly parameters: JsonObject;
}

/** Required too, but whether the binding exists comes first. */
export interface UnbindRequest extends BindingAddress {
  readonly serviceId?: string;
  readonly planId?: string;
}

/** `operation` as last_operation's query gives it: a hint that may be anybody's. */
export interface LastOperationRequest {
  readonly operation?: string;
}

/** `accepted`: it runs from now on, or ran already when it was asked for again. `unchanged`: what was asked for is so. */
export type Accepted = { readonly kind: 'accepted'; readonly operation: string };
export type Unchanged = { readonly kind: 'unchanged' };

export interface LastOperation {
  readonly state: 'in progress' | 'succeeded' | 'failed';
  /** The running step, or why it failed, in the user's words. Never empty. */
  readonly description: string;
  /** Seconds after which asking again is worth it; only while in progress. */
  readonly retryAfter?: number;
}

export interface InstanceView {
  readonly serviceId: string;
  readonly planId: string;
  readonly parameters: JsonObject;
  readonly maintenanceInfoVersion?: string;
}

export interface BindingView {
  readonly credentials: JsonObject;
  readonly parameters: JsonObject;
  readonly endpoints: readonly { readonly host: string; readonly ports: readonly string[] }[];
}
