import type { JsonObject } from '../services/service.js';

/** Who asks, and on whose behalf. */
export interface Caller {
  /** The platform's identity: what the access file says, or the name of its credentials. Ids of instances are unique per platform. */
  readonly platform: string;
  /** Which of the platform's credentials asked, such as `basic:<user>`; kept for audit, never a secret. */
  readonly credential?: string;
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

/** Whatever is left out stays as it is; `previous_values` is information only, and not asked for. */
export interface UpdateRequest extends InstanceAddress {
  readonly serviceId: string;
  readonly planId?: string;
  /** Laid over those that the instance has. */
  readonly parameters?: JsonObject;
  readonly context?: JsonObject;
  readonly maintenanceInfoVersion?: string;
}

/** A binding from scratch, or the successor of one (OSB › Binding Rotation), which inherits everything but its secrets. */
export type BindRequest = BindingAddress & (NewBinding | Successor);

export interface NewBinding {
  readonly kind: 'new';
  readonly serviceId: string;
  readonly planId: string;
  readonly appGuid?: string;
  readonly bindResource: JsonObject;
  readonly context: JsonObject;
  readonly parameters: JsonObject;
}

export interface Successor {
  readonly kind: 'successor';
  readonly predecessorBindingId: string;
}

/** How long a request waits for what it asks for to be done. */
export interface Patience {
  /**
   * What happens when that takes too long: `continue` in the background, and the platform polls; or `halt`, because the
   * platform cannot: what was begun is undone, and the request is refused as `late`.
   */
  readonly otherwise: 'continue' | 'halt';
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

/** It runs from now on, or ran already when it was asked for again. */
export type Accepted = { readonly kind: 'accepted'; readonly operation: string };
/** What was asked for is so already. */
export type Unchanged = { readonly kind: 'unchanged' };
/** What was asked for was done while the request waited. */
export type Finished = { readonly kind: 'finished' };

export interface LastOperation {
  readonly state: 'in progress' | 'succeeded' | 'failed';
  /** The running step, or why it failed, in the user's words. Never empty. */
  readonly description: string;
  /** Seconds after which asking again is worth it; only while in progress. */
  readonly retryAfter?: number;
  /** Only of an update or a deprovision that failed. */
  readonly instanceUsable?: boolean;
  /** Only of an update that failed. */
  readonly updateRepeatable?: boolean;
}

export interface InstanceView {
  readonly serviceId: string;
  readonly planId: string;
  readonly parameters: JsonObject;
  readonly maintenanceInfoVersion?: string;
  readonly metadata: InstanceMetadata;
}

/** OSB › Service Instance Metadata. */
export interface InstanceMetadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string>>;
}

/** OSB › Binding Metadata; nothing where the binding does not expire. */
export interface BindingMetadata {
  readonly expiresAt?: Date;
  readonly renewBefore?: Date;
}

export interface BindingView {
  readonly credentials: JsonObject;
  readonly metadata: BindingMetadata;
  readonly parameters: JsonObject;
  readonly endpoints: readonly { readonly host: string; readonly ports: readonly string[] }[];
}
