import type { Duplex } from 'node:stream';
import type { KubernetesObject } from '@kubernetes/client-node';

/** A kind as Kubernetes names it in a manifest, such as `{ apiVersion: 'apps/v1', kind: 'StatefulSet' }`. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface Address {
  readonly namespace?: string;
  readonly name: string;
}

/**
 * Kubernetes' own JSON, as everything that a `Cluster` returns. client-node's types differ from it in two ways: times
 * are strings here, not `Date`s, and what it renames has its real name (`from`, not `_from`, in a NetworkPolicy).
 */
export type Manifest = KubernetesObject & { readonly apiVersion: string; readonly kind: string };

/** https://kubernetes.io/docs/reference/kubernetes-api/common-parameters/common-parameters/ */
export interface RemoveOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagation?: 'Foreground' | 'Background' | 'Orphan';
}

/**
 * The few things Holdfast asks of a Kubernetes cluster. Every call ends when `signal` is aborted, and by itself after
 * the client's request timeout. Errors are `ClusterError`s.
 */
export abstract class Cluster {
  /** Server-side apply, as field manager `holdfast`, taking over fields that others set. */
  abstract apply<T extends Manifest>(manifest: T, signal: AbortSignal): Promise<T>;
  /** `undefined` where there is none. */
  abstract read<T extends KubernetesObject>(kind: Kind, address: Address, signal: AbortSignal): Promise<T | undefined>;
  abstract list<T extends KubernetesObject>(
    kind: Kind,
    where: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> },
    signal: AbortSignal,
  ): Promise<readonly T[]>;
  /** Asks for deletion; what is gone already is no error. `gone`: it does not exist (any more); `deleting`: it ends later. */
  abstract remove(
    kind: Kind,
    address: Address,
    signal: AbortSignal,
    options?: RemoveOptions,
  ): Promise<'gone' | 'deleting'>;
  /** Deletes all objects of a kind in one namespace (deletecollection). */
  abstract removeAll(
    kind: Kind,
    where: { readonly namespace: string; readonly labels?: Readonly<Record<string, string>> },
    signal: AbortSignal,
    options?: RemoveOptions,
  ): Promise<void>;
  /**
   * A byte stream to a port of a pod, through the API server (port-forward). `signal` ends the stream too. Whether
   * something listens on the port shows only afterwards: if not, the stream is destroyed with a `ClusterError`. The
   * pod's end of the stream may come a second late.
   */
  abstract tunnel(namespace: string, pod: string, port: number, signal: AbortSignal): Promise<Duplex>;
  /** Who we are to the cluster, as a subject of role bindings (SelfSubjectReview). */
  abstract subject(signal: AbortSignal): Promise<Subject>;
  /** Whether the cluster serves an API group, such as `security.openshift.io`. */
  abstract servesGroup(group: string, signal: AbortSignal): Promise<boolean>;
  /** Answers when the API server does (`GET /readyz`); throws otherwise. */
  abstract ping(signal: AbortSignal): Promise<void>;
}

export type Subject =
  | { readonly kind: 'ServiceAccount'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'User'; readonly name: string; readonly apiGroup: 'rbac.authorization.k8s.io' };

/** What the API server, or the way to it, answered instead of success. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  constructor(
    /** What was asked, such as `apply StatefulSet m-3f…/rs0`. */
    readonly request: string,
    /** The HTTP status, 0 where there was no answer. */
    readonly status: number,
    /** The `reason` of the Kubernetes Status, such as `Forbidden`. */
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`${request}: ${message}`, options);
  }

  /** No retry of the same request can succeed: the object itself is wrong. */
  get isInvalid(): boolean {
    return this.status === 422 || this.status === 400;
  }
}
